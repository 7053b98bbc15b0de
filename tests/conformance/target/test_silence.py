"""Requests without an answer: hiccups, and faults."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conformance.judging.outcomes import Blocked, Hiccup
from conformance.target.api import Api
from conformance.target.circuit import SILENCES_TO_OPEN

from .conftest import Make, begin

CLOSED = httpx.RemoteProtocolError("Server disconnected without sending a response.")
LATE = httpx.ReadTimeout("no answer")


@pytest.fixture
def losing(connect: Make, session: Make) -> Callable[..., Api]:
    """A target that loses whatever meets a condition, as often as is told."""

    def make(error: Exception, lost: Callable[[httpx.Request], bool], times: int = 999) -> Api:
        left = [error] * times

        def answer(request: httpx.Request) -> httpx.Response:
            if left and lost(request):
                raise left.pop()
            page = {"items": [], "total_count": 0}
            is_list = request.method == "GET" and request.url.path.endswith("chats")
            return httpx.Response(200, json=page if is_list else session())

        api: Api = connect(answer)
        begin(api)
        return api

    return make


def opens(request: httpx.Request) -> bool:
    return request.method == "POST" and request.url.path.endswith("chats")


def found(api: Api, rule: str) -> list[Any]:
    return api.client.evidence.findings.get(rule, [])


@pytest.mark.parametrize("error", [CLOSED, LATE])
def test_one_request_without_an_answer_is_a_hiccup(losing: Any, error: Exception) -> None:
    api = losing(error, opens, 1)
    with pytest.raises(Hiccup, match="openChat was not answered"):
        api.open()
    assert api.client.retry.hiccup
    api.client.retry.insists = True
    assert api.open().status == 200
    assert not found(api, "HTTP-19") + found(api, "HTTP-20")


@pytest.mark.parametrize(("error", "rule"), [(CLOSED, "HTTP-19"), (LATE, "HTTP-20")])
def test_what_is_lost_again_when_its_check_is_run_once_more_is_a_fault(
    losing: Any, error: Exception, rule: str
) -> None:
    api = losing(error, opens)
    with pytest.raises(Hiccup):
        api.open()
    api.client.retry.insists = True
    with pytest.raises(Blocked, match=f"see {rule}") as blocked:
        api.open()
    assert not isinstance(blocked.value, Hiccup)
    (finding,) = found(api, rule)
    assert finding.trace[-1].operation == "openChat"
    assert finding.trace[-1].headers["x-request-id"]  # by which a backend's log is searched
    assert "again and again" in finding.actual


def test_what_is_lost_only_sometimes_is_none(losing: Any) -> None:
    api = losing(CLOSED, opens, 2)
    with pytest.raises(Hiccup):
        api.open()
    api.client.retry.insists = True
    with pytest.raises(Hiccup):
        api.open()  # which was answered when it was sent again
    assert not found(api, "HTTP-19")


def test_an_operation_that_never_answers_is_a_fault_while_others_do(losing: Any) -> None:
    api = losing(CLOSED, opens)
    for _ in range(SILENCES_TO_OPEN + 2):
        with pytest.raises(Blocked):
            api.open()
    assert len(found(api, "HTTP-19")) == 1
    assert api.list().ok


def test_a_list_that_never_answers_is_a_fault_while_a_search_does(losing: Any) -> None:
    api = losing(CLOSED, lambda request: request.method == "GET")
    for _ in range(SILENCES_TO_OPEN):
        with pytest.raises(Blocked):
            api.list()
    assert len(found(api, "HTTP-19")) == 1
    assert api.search().ok


def test_a_target_that_answers_nothing_is_down_and_not_at_fault(losing: Any) -> None:
    api = losing(CLOSED, lambda request: True)
    for _ in range(2 * SILENCES_TO_OPEN):
        with pytest.raises(Blocked):
            api.open()
    assert api.client.circuit.cause
    assert not found(api, "HTTP-19")


def test_a_connection_that_is_closed_on_a_huge_body_is_nobodys_fault(losing: Any) -> None:
    api = losing(CLOSED, opens)
    for insists in (False, True):
        api.client.retry.insists = insists
        with pytest.raises(Hiccup):
            api.open(data={"filler": "x" * 100_000})
    assert not found(api, "HTTP-19")
