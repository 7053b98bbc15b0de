"""Exchanges without HTTP, a mock and a broken mock over HTTP, and the suite as a program."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from subprocess import PIPE
from typing import Any, NamedTuple

import httpx
import pytest

from conformance.cli.main import main
from conformance.config.settings import Config
from conformance.contract.document import Contract, find_contract
from conformance.judging.evidence import Evidence
from conformance.judging.exchange import Exchange
from conformance.registry import watch_of
from conformance.run.run import Run
from conformance.target.api import Api
from conformance.target.client import Client, trace
from tests import programs
from tests.serving import HANGING

ROOT = Path(__file__).parents[2]
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
def exchange(contract: Contract) -> Callable[..., Exchange]:
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
            "headers": trace(),  # as the client sends with each
            "body": None,
            "contract": contract,
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


@contextmanager
def served(*command: str) -> Iterator[Target]:
    """A server that prints a JSON object with its `url` as its first line."""
    with ExitStack() as stack:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = programs.start(command, cwd=ROOT, env=environment)
        stack.enter_context(process)
        stack.callback(process.terminate)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"{' '.join(command)} did not start"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        once = httpx.Limits(max_keepalive_connections=0)  # no test leaves a connection to the next
        target = Target(
            base_url=json.loads(line)["url"],
            headers=headers,
            trust_env=False,
            timeout=HANGING,
            limits=once,
        )
        yield stack.enter_context(target)


@pytest.fixture
def serve() -> Iterator[Callable[..., Target]]:
    """Start a server, for one test."""
    with ExitStack() as running:
        yield lambda *command: running.enter_context(served(*command))


@pytest.fixture(scope="session")
def mock() -> Iterator[Target]:
    """The reference implementation."""
    with served("-m", "mock_server", "--port", "0", "--json", "--token", TOKEN) as target:
        yield target


@pytest.fixture(scope="session")
def broken() -> Iterator[Target]:
    """The reference implementation behind the faults of `broken.py`."""
    with served("-m", "tests.conformance.broken", TOKEN) as target:
        yield target


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


Started = tuple[programs.Process, Callable[[], Ended]]


@pytest.fixture(scope="module")
def begin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Started]]:
    """Start the suite; gives its process and a function that waits for its end."""
    started: list[programs.Process] = []

    def start(*words: str, target: Target | None = None, **environment: str) -> Started:
        directory = tmp_path_factory.mktemp("run")
        reports = "--report" not in words and not {"compare", "explain", "sweep"} & {*words}
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("CONFORMANCE_", "PYTEST_"))
        }
        process = programs.start(
            [
                *("-m", "conformance"),
                *(("--target", target.url) if target else ()),
                *(("--report", str(directory / "report")) if reports else ()),
                *words,
            ],
            stderr=PIPE,
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
            out, err = process.communicate()
            return Ended(process.wait(), out, err, directory / "report")

        return process, wait

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def suite(begin: Callable[..., Started]) -> Callable[..., Ended]:
    """Run the suite to its end, as a program that writes its report."""

    def run(*words: str, target: Target | None = None, **environment: str) -> Ended:
        return begin(*words, target=target, **environment)[1]()

    return run


class Told(NamedTuple):
    """What the command line said: its exit code, and what it printed."""

    code: Any
    out: str
    err: str


@pytest.fixture
def ask(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    contract: Contract,
) -> Iterator[Callable[..., Told]]:
    """Ask the command line for what needs no run, in this process."""
    handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def told(*words: str, **environment: str) -> Told:
        own = {"CONFORMANCE_TOKEN": TOKEN, "XDG_CACHE_HOME": str(tmp_path)}
        read = {contract.path: contract}  # to read it takes longer than to answer
        monkeypatch.setattr("conformance.cli.job.Contract", lambda p: read.get(p) or Contract(p))
        for name, value in {**own, **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["conformance", *words])
        code: Any = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        return Told(code or 0, *capsys.readouterr())

    yield told
    for number, handler in handlers.items():
        signal.signal(number, handler)
