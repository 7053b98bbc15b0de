import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import programs
from tests.sampling import every
from tests.serving import Answering, answering

from .starlette_chats import create_app, hooks
from .starlette_chats.choices import CHOICES
from .starlette_chats.faults import FAULTS
from .story import CHAPTERS, tell

ROOT = Path(__file__).parents[2]
CONTRACT = (ROOT / "openapi.yaml").read_text()
KEY = {"Authorization": "Bearer t"}


@contextmanager
def served(*options: str) -> Iterator[httpx.Client]:
    command = ["-m", "tests.targets.starlette_chats", "--token", "t", *options]
    with programs.start(command, cwd=ROOT) as server:
        try:
            assert server.stdout is not None
            url = json.loads(server.stdout.readline())["url"]
            with httpx.Client(base_url=url, headers=KEY, trust_env=False) as client:
                yield client
        finally:
            server.terminate()


def opened(client: httpx.Client, **members: Any) -> str:
    body = json.dumps({"agent_id": "closer-1", **members})
    answer = client.post("/api/v1/chats", content=body)
    return f"/api/v1/chats/{answer.json()['id']}"


@contextmanager
def listening(statuses: list[int]) -> Iterator[tuple[str, list[Any]]]:
    heard: list[Any] = []

    class Listener(Answering):
        def do_POST(self) -> None:
            heard.append(json.loads(self.taken()))
            self.reply(statuses.pop(0))

    with answering(Listener) as url:
        yield url, heard


def until(found: Any, seconds: float = 5) -> Any:
    """What `found` gives, once it gives something; fails after some seconds."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.02)
    return value


def test_a_served_session_goes_from_open_to_final() -> None:
    with served() as client:
        chat = opened(client)
        turn = client.post(f"{chat}/messages", json={"content": "That is all, thanks"}).json()
        assert (turn["is_final"], turn["status"]) == (True, "final")
        assert client.post(f"{chat}/end").json()["final_reason"] == "agent_finish"
        assert client.post(f"{chat}/messages", json={"content": "More"}).status_code == 410


def test_a_call_result_is_found_after_its_delay() -> None:
    with served("--choice", "results_delay=0.3") as client:
        client.post(f"{opened(client)}/end")

        def rows() -> Any:
            return client.post("/api/v1/callresults/search", json={}).json()["results"]

        assert rows() == []
        assert until(rows)[0]["result"]["finishReason"] == "user_end"


def test_a_delivery_answered_503_is_sent_again() -> None:
    with listening([503, 200]) as (url, heard), served("--webhook-url", url) as client:
        client.post(f"{opened(client, additional_data={'half': chr(0xD800)})}/end")
        until(lambda: len(heard) == 2)
        assert heard[0] == heard[1]
        assert heard[0]["callAdditionalData"] == {"half": chr(0xD800)}


def test_more_requests_than_the_limit_are_answered_429() -> None:
    with served("--choice", "rate_limit=2") as client:
        answers = [client.get("/api/v1/chats") for _ in range(3)]
        assert [a.status_code for a in answers] == [200, 200, 429]
        assert answers[2].headers["Retry-After"] == "1"


def test_a_busy_server_has_sessions_of_its_own() -> None:
    with served("--choice", "busy=on") as client:
        until(lambda: client.get("/api/v1/chats?state=final").json()["total_count"])


def test_a_body_too_large_is_answered_413() -> None:
    with served() as client:
        answer = client.post("/api/v1/chats", json={"agent_id": "x" * (1 << 21)})
        assert answer.status_code == 413


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--choice", "ttl=ignore"], "clamp|reject"),
        (["--choice", "colour=red"], "colour"),
        (["--fault", "gremlin"], "gremlin"),
    ],
)
def test_an_unknown_option_value_is_a_usage_error(options: list[str], error: str) -> None:
    command = ["-m", "tests.targets.starlette_chats", *options]
    done = programs.run(command, cwd=ROOT)
    assert done.returncode == 2
    assert error in done.stderr


@pytest.mark.parametrize(
    "pair", [f"{name}={v}" for name, c in CHOICES.items() for v in c.values if v != "N"]
)
def test_every_choice_value_makes_a_server(pair: str) -> None:
    name, _, value = pair.partition("=")
    assert create_app(choices=[pair]).state.site.choices[name] == value


def test_a_second_token_needs_a_first() -> None:
    with pytest.raises(ValueError, match="first"):
        create_app(second_token="t")


@pytest.fixture(scope="module", autouse=True)
def quick_webhooks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hooks, "PAUSES", (0.0, 0.0, 0.0))
        yield


@pytest.fixture(scope="module")
def faultless() -> list[Any]:
    return [tell(chapter) for chapter in CHAPTERS]


def test_a_faultless_server_tells_one_story(faultless: list[Any]) -> None:
    assert [tell(chapter) for chapter in CHAPTERS] == faultless


def test_a_faultless_server_never_fails(faultless: list[Any]) -> None:
    assert all(step[0] == "webhook" or step[0] < 500 for told in faultless for step in told)


@pytest.mark.parametrize("name", every(12, FAULTS, slow=4))
def test_a_fault_changes_what_is_told(name: str, faultless: list[Any]) -> None:
    told = zip(CHAPTERS, faultless, strict=True)
    assert any(tell(chapter, name) != clean for chapter, clean in told)


def test_a_fault_names_rules_of_the_contract() -> None:
    named = {rule for fault in FAULTS.values() for rule in fault.rules}
    assert [rule for rule in sorted(named) if f"- id: {rule}\n" not in CONTRACT] == []
