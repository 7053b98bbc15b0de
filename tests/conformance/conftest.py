"""Exchanges without HTTP, a mock and a broken mock over HTTP, and the suite as a program."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.config.settings import Config
from conformance.contract.document import Contract, find_contract
from conformance.judging.evidence import Evidence
from conformance.judging.exchange import Exchange
from conformance.registry import watch_of
from conformance.run.run import Run
from conformance.target.api import Api
from conformance.target.client import Client

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TOKEN = "key-of-the-tests-0001"
PATHS = {
    "openChat": ("POST", "/api/v1/chats"),
    "listChats": ("GET", "/api/v1/chats"),
    "getChat": ("GET", "/api/v1/chats/{id}"),
    "submitMessage": ("POST", "/api/v1/chats/{id}/messages"),
    "endChat": ("POST", "/api/v1/chats/{id}/end"),
    "searchCallResults": ("POST", "/api/v1/callresults/search"),
}
ID = "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10"


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract(find_contract())


@pytest.fixture(scope="session")
def session() -> Callable[..., dict[str, Any]]:
    """Make a session as the contract has it, with these members changed."""

    def make(**changes: Any) -> dict[str, Any]:
        final = {"is_final": True, "status": "final", "final_reason": "user_end"}
        return {
            "id": ID,
            "agent_id": "agent-echo",
            "channel": "web",
            "messages": [],
            "created_time": "2026-01-05T09:00:00.000000Z",
            "last_activity": "2026-01-05T09:00:02.000000Z",
            "ttl_seconds": 1800,
            "is_final": False,
            "status": "active",
            "final_reason": None,
            **(final if changes.get("is_final") is True else {}),
            **changes,
        }

    return make


@pytest.fixture
def exchange() -> Callable[..., Exchange]:
    """Make an exchange that has come: one after the other, unless its times are given."""
    numbers = count(1)

    def make(
        operation: str | None, answer: Any = None, status: int = 200, **changes: Any
    ) -> Exchange:
        number = next(numbers)
        method, path = PATHS.get(operation or "", ("GET", "/elsewhere"))
        kind = "application/json" if status < 400 else "application/problem+json"
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        made: dict[str, Any] = {
            "number": number,
            "operation": operation,
            "method": method,
            "url": "http://target.test" + path.replace("{id}", changes.pop("id", ID)),
            "headers": {},
            "body": None,
            "status": status,
            "answer_headers": {"content-type": changes.pop("kind", kind)},
            "content": content,
            "started": float(number),
            "finished": number + 0.9,
        }
        return Exchange(**{**made, **changes})

    return make


@pytest.fixture
def make_run(contract: Contract) -> Iterator[Callable[..., Run]]:
    """Make a run of which every rule has passed, and nothing was sent."""
    made: list[Run] = []

    def make(**settings: Any) -> Run:
        given = {"target": "http://127.0.0.1:9", "agent": "agent-echo", "token": TOKEN, **settings}
        run = Run(Config(**given), contract)
        for rule in contract.rules:
            run.evidence.settle(rule, "pass")
        made.append(run)
        return run

    yield make
    for run in made:
        run.client.close()


@pytest.fixture
def connect(contract: Contract) -> Callable[..., Api]:
    """A view of a target that answers as told."""

    def make(answer: Callable[[httpx.Request], httpx.Response], **settings: Any) -> Api:
        given = {"agent": "agent-echo", "max_sessions": 99, "max_turns": 99, **settings}
        client = Client(Config(target="http://t.test", **given), watch_of(contract), Evidence())
        client.http = httpx.Client(transport=httpx.MockTransport(answer))
        return Api(client, "conf-0123abcd", "check")

    return make


def wait_until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What the condition gives, as soon as that is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.02)
    return found


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    return wait_until


class Target(httpx.Client):
    """A server of these tests, and a client of it."""

    @property
    def url(self) -> str:
        return str(self.base_url).rstrip("/")

    def sessions(self, state: str = "active") -> list[dict[str, Any]]:
        page = self.get("/api/v1/chats", params={"state": state, "take": 200}).raise_for_status()
        found: list[dict[str, Any]] = page.json()["items"]
        return found

    def left_by(self, ended: "Ended") -> list[dict[str, Any]]:
        """The active sessions that carry the tag of this run."""
        tag = ended.report["run"]
        return [found for found in self.sessions() if str(found["channel"]).startswith(tag)]


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., Target]]:
    """Start a server that prints a JSON object with its `url` as its first line."""
    running: list[tuple[subprocess.Popen[str], Target]] = []

    def start(*command: str) -> Target:
        process = subprocess.Popen(
            [sys.executable, *command],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"{' '.join(command)} did not start"
        url = json.loads(line)["url"]
        target = Target(
            base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=10
        )
        running.append((process, target))
        return target

    yield start
    for process, target in running:
        target.close()
        process.terminate()
        process.communicate(timeout=10)


@pytest.fixture(scope="session")
def mock(serve: Callable[..., Target]) -> Target:
    """The reference implementation."""
    return serve("-m", "mock_server", "--port", "0", "--json", "--token", TOKEN)


@pytest.fixture(scope="session")
def broken(serve: Callable[..., Target]) -> Target:
    """The reference implementation behind the faults of `broken.py`."""
    return serve(str(HERE / "broken.py"), TOKEN)


@dataclass
class Ended:
    """How the suite ended: its exit code, what it printed, and the report it wrote."""

    code: int
    out: str
    err: str
    directory: Path

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.directory / "conformance.json").read_text())
        return found

    def rule(self, id: str) -> dict[str, Any]:
        return next(rule for rule in self.report["rules"] if rule["id"] == id)

    def outcomes(self, *kinds: str) -> list[str]:
        return [rule["id"] for rule in self.report["rules"] if rule["outcome"] in kinds]


Started = tuple["subprocess.Popen[str]", Callable[[], Ended]]


@pytest.fixture(scope="session")
def begin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Started]]:
    """Start the suite; gives its process and a function that waits for its end."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, target: Target | None = None, **environment: str) -> Started:
        directory = tmp_path_factory.mktemp("run")
        reports = "--report" not in words and not {"compare", "explain", "sweep"} & {*words}
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("CONFORMANCE_", "PYTEST_"))
        }
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "conformance"),
                *(("--target", target.url) if target else ()),
                *(("--report", str(directory / "report")) if reports else ()),
                *words,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={
                **kept,
                "CONFORMANCE_TOKEN": TOKEN,
                "XDG_CACHE_HOME": str(directory / "cache"),
                **environment,
            },
        )
        started.append(process)

        def wait() -> Ended:
            out, err = process.communicate(timeout=50)
            return Ended(process.returncode, out, err, directory / "report")

        return process, wait

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture(scope="session")
def suite(begin: Callable[..., Started]) -> Callable[..., Ended]:
    """Run the suite to its end, as a program that writes its report."""

    def run(*words: str, target: Target | None = None, **environment: str) -> Ended:
        return begin(*words, target=target, **environment)[1]()

    return run
