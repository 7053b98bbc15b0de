"""What a run may cost, over a transport without a network."""

from contextlib import suppress

import httpx
import pytest

from conformance.judging.outcomes import Blocked
from conformance.target.budget import Budget

from .conftest import Answer, Make, silent


def opening(session: Make) -> Answer:
    """A target that opens a session for every request."""
    numbers = iter(range(1, 1000))

    def answer(request: httpx.Request) -> httpx.Response:
        id = f"00000000-0000-4000-8000-{next(numbers):012}"
        return httpx.Response(201, json=session(id=id))

    return answer


def test_the_budget_of_sessions_holds(connect: Make, session: Make) -> None:
    api = connect(opening(session), max_sessions=2)
    api.open()
    api.open()
    with pytest.raises(Blocked, match="budget of 2 sessions"):
        api.open()


def test_the_same_session_again_costs_nothing(connect: Make, session: Make) -> None:
    api = connect(lambda request: httpx.Response(200, json=session()), max_sessions=2)
    for _ in range(5):
        api.open()
    assert len(api.client.ledger.opened) == 1


def test_the_budget_of_turns_counts_refused_ones(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(409), max_turns=2)
    api.unknown("x")
    api.submit("x")
    api.submit("x")
    with pytest.raises(Blocked, match="budget of 2 turns"):
        api.submit("x")


def test_the_budget_of_requests_holds_until_the_clean_up(connect: Make, session: Make) -> None:
    api = connect(opening(session), max_requests=1)
    api.list()
    with pytest.raises(Blocked, match="budget of 1 requests"):
        api.list()
    api.client.wind_down()
    api.list()


def test_an_open_without_an_answer_counts_as_a_session(connect: Make) -> None:
    api = connect(silent, max_sessions=1)
    with pytest.raises(Blocked, match="not answered"):
        api.open()
    with pytest.raises(Blocked, match="budget of 1 sessions"):
        api.open()


def test_what_is_sent_again_is_within_the_budget(connect: Make) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")

    api = connect(answer, max_requests=3)
    for _ in range(3):
        with suppress(Blocked):
            api.list()
    assert len(seen) == api.client.budget.sent == 3


def test_no_limit_of_time_is_none() -> None:
    Budget().check()
