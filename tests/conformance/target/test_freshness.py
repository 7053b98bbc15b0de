"""A read that lags behind what was answered: one fault, told once, and waited out."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.contract.document import Contract
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


def test_a_stale_retrieve_is_told_by_the_rule_of_its_kind(
    connect: Make, session: Make, contract: Contract, tmp_path: Path
) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(
        contract.main.raw.decode().replace("id: GET-04", "id: READ-09"), encoding="utf-8"
    )
    api = connect(target(session, iter([ACTIVE, FINAL])), Contract(path))
    id = api.given(channel="web")
    api.end(id)
    assert api.get(id).ok
    assert found(api) == {"READ-09"}


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
    known = api.client.freshness.known
    known[id.lower()] = replace(known[id.lower()], at=clock[0])
    begun = clock[0]
    api.get(id)
    assert clock[0] - begun > api.client.freshness.lags["read"].longest > 0.2


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


def listing(session: Make, pages: Iterator[dict[str, Any]]) -> Any:
    """Opens and ends a session, and lists one page after the other."""
    rest: Callable[[httpx.Request], httpx.Response] = target(session, forever(None))

    def answer(request: httpx.Request) -> httpx.Response:
        listed = request.method == "GET"
        return httpx.Response(200, json=next(pages)) if listed else rest(request)

    return answer


def page(*items: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    counted = len(items) if total is None else total
    return {"items": [*items], "total_count": counted, "skip": 0, "take": 20}


def test_a_list_that_lags_is_waited_for_and_told_by_one_rule(connect: Make, session: Make) -> None:
    active, final = session(**ACTIVE), session(**FINAL)
    pages = [page(), page(active), page(active), page(), page(final)]
    api = connect(listing(session, iter(pages)))
    id = api.given(channel="web")
    assert api.list(channel="web").page["items"] == [active]
    api.end(id)
    assert api.list(channel="web").page["items"] == []
    assert api.list(channel="web", state="final").page["items"] == [final]
    assert found(api) == {"LIST-26"}


def test_a_listed_session_as_it_was_is_waited_out(connect: Make, session: Make) -> None:
    older, newer = (session(channel="web", is_final=final) for final in (False, True))
    api = connect(listing(session, iter([page(older), page(newer)])))
    api.end(api.given(channel="web"))
    assert api.list(state="all").page["items"] == [newer]
    assert found(api) == {"LIST-26"}


def test_what_a_list_never_shows_is_lost_and_not_late(
    connect: Make, session: Make, clock: list[float]
) -> None:
    api = connect(listing(session, repeat(page())))
    api.given(channel="web")
    begun = clock[0]
    assert api.list(channel="web").page["items"] == []
    assert LONGEST_LAG < clock[0] - begun < LONGEST_LAG + 1
    api.list(channel="web")
    assert clock[0] - begun < LONGEST_LAG + 1  # it is waited for once
    assert found(api) == set()


def test_what_ends_while_it_is_listed_is_not_late(connect: Make, session: Make) -> None:
    def pages() -> Iterator[dict[str, Any]]:
        yield page()
        api.end(id)  # as another check may
        yield page()
        yield page()

    api = connect(listing(session, pages()))
    id = api.given(channel="web")
    assert api.list(channel="web").page["items"] == []
    assert found(api) == set()


def test_what_ended_before_it_was_listed_but_is_noted_later_is_not_late(
    connect: Make, session: Make
) -> None:
    def pages() -> Iterator[dict[str, Any]]:
        yield page()
        freshness.known = ended
        yield page(session(**ACTIVE, id="3f0c9f4e-6a51-4d0b-9e58-000000000002"))

    api = connect(listing(session, pages()))
    freshness = api.client.freshness
    id = api.given(channel="web")
    opened = {**freshness.known}
    api.end(id)
    ended, freshness.known = freshness.known, opened
    assert api.list(channel="web").page["total_count"] == 0
    assert found(api) == set()


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ({"channel": "elsewhere"}, 0),
        ({}, 0),
        ({"channel": "web", "agent": "another"}, 0),
        ({"channel": "web", "state": "final"}, 0),
        ({"channel": "web", "later": "2026-01-05T09:00:02Z"}, 0),
        ({"channel": "web", "offset": 1}, 1),
        ({"channel": "web", "limit": 1}, 2),
    ],
)
def test_a_list_that_need_not_show_a_session_is_not_repeated(
    connect: Make, session: Make, query: dict[str, Any], total: int
) -> None:
    api = connect(listing(session, iter([page(total=total)])))
    api.given(channel="web")
    api.list(**query)
    assert (found(api), api.client.budget.sent) == (set(), 2)


def test_a_page_that_counts_too_few_is_waited_for(connect: Make, session: Make) -> None:
    first, second = (session(**ACTIVE, id=f"3f0c9f4e-6a51-4d0b-9e58-{n:012}") for n in (1, 2))
    pages = [page(first, second), page(total=0), page(second, total=3)]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=pages.pop(0))
        return httpx.Response(201, json=session(**ACTIVE, id=f"3f0c9f4e-6a51-4d0b-9e58-{3:012}"))

    api = connect(answer)
    api.list(channel="web")
    api.given(channel="web")
    assert api.list(channel="web", offset=1, limit=1).page["items"] == [second]
    assert found(api) == {"LIST-26"}
