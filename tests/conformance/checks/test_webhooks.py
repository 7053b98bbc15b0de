"""What the checks of the webhook make of deliveries that are late, lost, or unmarked."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from conformance.checks import left, webhooks
from conformance.checks.pipeline import expect_transcription
from conformance.contract.lifecycle import Lifecycle
from conformance.judging.outcomes import Blocked, NotApplicable, Violation
from conformance.target.api import Api
from conformance.target.listener import Listener

PAYLOAD = {
    "type": "CompletedWebHookPayload",
    "status": "Completed",
    "callId": "call-1",
    "agentId": "agent-echo",
    "orgId": "org",
    "callAdditionalData": {},
    "agentAdditionalData": {},
}

Open = Callable[..., Api]


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener("127.0.0.1:0")
    yield made
    made.close()


@pytest.fixture
def target(
    connect: Callable[..., Api], session: Callable[..., dict[str, Any]], listener: Listener
) -> Open:
    """A target that takes turns, and sends these payloads when a session ends."""

    def make(*payloads: dict[str, Any]) -> Api:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/messages"):
                said = {"role": "assistant", "content": "Hello.", "time": "2026-01-05T09:00:00Z"}
                turn = {"messages": [said], "is_final": False, "status": "active"}
                return httpx.Response(200, json=turn)
            if not request.url.path.endswith("/end"):
                channel = json.loads(request.content)["channel"]
                return httpx.Response(201, json=session(channel=channel))
            for payload in payloads:
                listener.receive(payload, {})
            return httpx.Response(200, json=session(is_final=True))

        return connect(answer, webhook_listen=listener.address, webhook_wait=0.2)

    return make


def test_where_nothing_comes_one_check_waits_and_says_where_it_listens(
    target: Open, listener: Listener
) -> None:
    with pytest.raises(Violation, match=f"pointed at {listener.url}"):
        webhooks.expect_end_announced(target(), listener)
    api = target()
    with pytest.raises(Blocked, match="HOOK-01"):
        left.check_what_is_left_holds_every_turn(api, api.contract.rules["HOOK-06"], listener)
    assert api.trace == []


def test_a_webhook_that_names_no_session_is_told_where_it_is_the_only_one(
    target: Open, listener: Listener
) -> None:
    other = {**PAYLOAD, "agentId": "agent-of-others"}
    webhooks.expect_end_announced(target(other, PAYLOAD), listener)
    with pytest.raises(Blocked, match="the data or the id"):
        webhooks.check_the_payload_holds_the_sessions_data(target(PAYLOAD), listener)


def test_a_webhook_without_the_sessions_data_is_told_by_its_text(
    target: Open, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Api, "text", lambda api: "Hello 1234")
    lines = [{"speaker": "user", "text": "Hello 1234"}]
    api = target({**PAYLOAD, "transcription": lines})
    with pytest.raises(Violation, match="callAdditionalData with"):
        webhooks.check_the_payload_holds_the_sessions_data(api, listener)


@pytest.mark.parametrize("lines", [["hi"], {"a": 1}, 5, None])
def test_a_transcription_that_is_none_is_a_finding(
    connect: Callable[..., Api], session: Callable[..., dict[str, Any]], lines: Any
) -> None:
    said = {"role": "user", "content": "Hello", "time": "2026-01-05T09:00:00Z"}
    api = connect(lambda request: httpx.Response(200, json=session(messages=[said])))
    with pytest.raises(Violation, match="the transcription"):
        expect_transcription(api, session()["id"], {"transcription": lines})


def test_data_that_is_no_object_is_a_finding(
    target: Open, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Api, "text", lambda api: "Hello 1234")
    lines = [{"speaker": "user", "text": "Hello 1234"}]
    api = target({**PAYLOAD, "transcription": lines, "callAdditionalData": [1]})
    with pytest.raises(Violation, match="callAdditionalData with"):
        webhooks.check_the_payload_holds_the_sessions_data(api, listener)


def test_of_several_that_name_no_session_none_is_taken_for_its_own(
    target: Open, listener: Listener
) -> None:
    with pytest.raises(Blocked, match="several"):
        webhooks.expect_end_announced(target(PAYLOAD, PAYLOAD), listener)


def test_a_webhook_that_does_not_fit_is_not_taken_for_the_sessions(
    target: Open, listener: Listener
) -> None:
    with pytest.raises(Violation):
        webhooks.expect_end_announced(target({"type": "Start"}), listener)


def test_where_only_the_agents_finish_is_not_announced_its_own_rule_is_named(
    target: Open, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = target()
    heard = webhooks.Announced(api, listener)
    listener.receive({**PAYLOAD, "callAdditionalData": heard.data}, {})
    closed = webhooks.Announced(api, listener)
    monkeypatch.setattr(api, "given_close", lambda *_: None)
    closed.close()
    with pytest.raises(Blocked, match="HOOK-08"):
        closed.first()


def test_where_no_end_leaves_anything_nothing_is_judged(
    target: Open, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lifecycle, "does", lambda *_: False)
    for judge in (left.check_an_end_leaves_one_thing, left.check_what_is_left_holds_every_turn):
        api = target()
        with pytest.raises(NotApplicable):
            judge(api, api.contract.rules["HOOK-02"], listener)
