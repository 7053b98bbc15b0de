"""A retrieve that lags behind what was answered: one fault, told once, and waited out."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from conformance.target.api import Api
from conformance.target.freshness import LONGEST_LAG

Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which only pauses and requests move."""
    now = [100.0]

    def monotonic() -> float:
        now[0] += 0.001
        return now[0]

    monkeypatch.setattr(time, "monotonic", monotonic)
    monkeypatch.setattr(time, "sleep", lambda pause: now.__setitem__(0, now[0] + pause))
    return now


def target(session: Make, sights: Iterator[dict[str, Any] | None]) -> Any:
    """Opens and ends a session, and retrieves one sight after the other; None is a 404."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            sight = next(sights)
            found = 404 if sight is None else 200
            return httpx.Response(found, json=session(**(sight or {})))
        final = request.url.path.endswith("/end")
        channel = None if final else json.loads(request.content)["channel"]
        body = session(is_final=final, channel=channel or "web")
        return httpx.Response(200 if final else 201, json=body)

    return answer


def forever(sight: dict[str, Any] | None) -> Iterator[dict[str, Any] | None]:
    while True:
        yield sight


ACTIVE: dict[str, Any] = {"channel": "web"}
FINAL: dict[str, Any] = {"channel": "web", "is_final": True}


def found(api: Api) -> set[str]:
    return set(api.client.evidence.findings)


def test_a_stale_retrieve_is_waited_out_and_told_once(connect: Make, session: Make) -> None:
    api = connect(target(session, iter([ACTIVE, ACTIVE, FINAL, FINAL])))
    id = api.given(channel="web")
    api.end(id)
    assert api.get(id).session["is_final"] is True
    assert found(api) == {"GET-04"}
    [finding] = api.client.evidence.findings["GET-04"]
    assert [exchange.operation for exchange in finding.trace] == ["openChat", "endChat", "getChat"]
    assert api.get(id).session["is_final"] is True
    assert api.client.evidence.findings["GET-04"] == [finding]


def test_a_session_that_is_unknown_for_a_while_is_waited_for(connect: Make, session: Make) -> None:
    api = connect(target(session, iter([None, ACTIVE])))
    assert api.get(api.given(channel="web")).ok
    assert found(api) == {"GET-04"}


def test_a_replica_that_lags_is_given_the_time_it_needs(
    connect: Make, session: Make, clock: list[float]
) -> None:
    api = connect(target(session, iter([ACTIVE, ACTIVE, FINAL, FINAL])))
    id = api.given(channel="web")
    api.end(id)
    api.get(id)
    api.client.freshness.known[id.lower()] = (api.client.freshness.known[id.lower()][0], clock[0])
    begun = clock[0]
    api.get(id)
    assert clock[0] - begun > api.client.freshness.lag > 0.2


def test_what_never_comes_is_lost_and_not_late(
    connect: Make, session: Make, clock: list[float]
) -> None:
    api = connect(target(session, forever(ACTIVE)))
    id = api.given(channel="web")
    api.end(id)
    begun = clock[0]
    assert api.get(id).session["is_final"] is False
    assert LONGEST_LAG < clock[0] - begun < LONGEST_LAG + 1
    assert found(api) == {"LIFE-02"}
    api.get(id)
    assert clock[0] - begun < LONGEST_LAG + 1  # it is waited for once


def test_a_retrieve_that_shows_everything_is_not_repeated(connect: Make, session: Make) -> None:
    api = connect(target(session, iter([ACTIVE, FINAL])))
    id = api.given(channel="web")
    api.get(id)
    api.end(id)
    api.get(id)
    assert (found(api), api.client.budget.sent) == (set(), 4)


def test_a_retrieve_with_another_key_may_see_less(connect: Make, session: Make) -> None:
    api = connect(target(session, iter([None])))
    api.get(api.given(channel="web"), auth="Bearer another")
    assert "GET-04" not in found(api)
