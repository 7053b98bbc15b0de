"""Work grows no faster than what a target answers, and stops at a stated bound."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract.document import Contract, find_contract
from conformance.contract.ids import Paths
from conformance.judging.coverage import Coverage
from conformance.judging.exchange import MOST_HEADERS, WHOLE, Exchange
from conformance.judging.history import Event, State, serialisation
from conformance.judging.model import Model
from conformance.judging.outcomes import LONGEST_TEXT, Blocked, Violation, shown
from conformance.judging.trace import relevant
from conformance.judging.watch import Watch
from conformance.registry import watch_of
from conformance.target.freshness import Freshness
from tests.growth import Entry, expect_linear

CONTRACT = Contract(find_contract())

AT = "2026-01-05T09:00:00Z"
ID = "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10"
GET = f"/api/v1/chats/{ID}"


def answer(operation: str, body: Any, path: str = "/api/v1/chats", number: int = 1) -> Exchange:
    return Exchange(
        number=number,
        operation=operation,
        method="GET",
        url=f"http://target.test{path}",
        headers={},
        body=None,
        contract=CONTRACT,
        status=200,
        answer_headers={"content-type": "application/json"},
        content=json.dumps(body).encode(),
        started=float(number),
        finished=number + 0.5,
    )


def page(*items: Any) -> dict[str, Any]:
    return {"items": list(items), "total_count": len(items), "skip": 0, "take": 20}


def messages(size: int) -> list[Any]:
    return [{"role": "assistant", "content": f"{n}", "time": AT} for n in range(size)]


def lacking(size: int) -> None:
    freshness = Freshness(CONTRACT)
    turn = {"messages": messages(size), "is_final": False}
    freshness.note(answer("submitMessage", turn, f"{GET}/messages"))
    others = [{**message, "content": "other"} for message in messages(size)]
    assert freshness.lacking(answer("getChat", {"id": ID, "messages": others}, GET, 2))


def listed_lacking(size: int) -> None:
    freshness = Freshness(CONTRACT)
    for n in range(size // 10):
        told = {"id": f"{n}", "channel": "a", "is_final": False}
        freshness.note(answer("getChat", told, f"/api/v1/chats/{n}"))
    strangers = [{"id": f"x{n}"} for n in range(size)]
    asked = answer("listChats", page(*strangers), "/api/v1/chats?channel=a", 2)
    assert len(freshness.lacking(asked)) == size // 10


def listed_later(size: int) -> None:
    items = [{"id": f"{n}", "last_activity": AT, "is_final": False} for n in range(size)]
    Model(CONTRACT).list_later(items, AT, "all", answer("listChats", page(*items)))


def told_of(size: int) -> None:
    trace = [
        answer("listChats", page(*[{"id": f"{n}"} for n in range(size)])),
        answer("getChat", {}, GET),
    ]
    assert len(relevant(trace, Paths(["/api/v1/chats/{id}"]))) == 1


ENTRIES: dict[str, Entry] = {
    "a value": lambda size: shown([{"a": n} for n in range(size)]),
    "a summary": lambda size: answer("getChat", [[n] for n in range(size)]).summary,
    "a violation": lambda size: Violation("a" * size, "\n" * size),
    "what a retrieve lacks": lacking,
    "what a list lacks": listed_lacking,
    "a list of later ones": listed_later,
    "what leads to an answer": told_of,
}


@pytest.mark.parametrize("name", ENTRIES)
def test_work_grows_with_the_answer_alone(name: str) -> None:
    expect_linear(ENTRIES[name], 1_000)


BODIES: dict[str, Callable[[int], Any]] = {
    "wrong sessions": lambda size: page(*[{"id": 0}] * size),
    "members": lambda size: {f"a{n}": n for n in range(size)},
    "messages": lambda size: {"id": ID, "messages": messages(size)},
    "a text": lambda size: {"id": "a" * size},
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("operation", ["listChats", "getChat"])
def test_judging_grows_with_the_answer_alone(contract: Contract, name: str, operation: str) -> None:
    def judge(size: int) -> None:
        exchange = answer(operation, BODIES[name](size))
        Coverage(contract).count(exchange)
        watch.judge(exchange)

    watch: Watch = watch_of(contract)
    expect_linear(judge, 400)


def test_a_large_answer_is_told_by_its_beginning() -> None:
    exchange = answer("getChat", {"id": "a" * 2 * WHOLE})
    assert len(exchange.summary) < 1_000
    kept = exchange.abridged()
    assert (len(kept.content), kept.summary) == (WHOLE + 1, exchange.summary)
    exchange.answer_headers = {f"x-{n}": "" for n in range(9 * MOST_HEADERS)}
    assert len(exchange.abridged().answer_headers) == MOST_HEADERS


def test_a_usual_answer_is_kept_as_it_is() -> None:
    exchange = answer("getChat", {"id": ID})
    assert exchange.abridged() is exchange


def test_a_large_answer_is_not_kept_twice() -> None:
    for size, kept in ((9, True), (WHOLE, False)):
        exchange = answer("getChat", {"id": "a" * size})
        assert exchange.json["id"] == "a" * size
        exchange.rest()
        assert ("json" in vars(exchange)) is kept
        assert exchange.json["id"] == "a" * size


def test_a_violation_is_told_in_bounded_words() -> None:
    violation = Violation("a" * 3 * LONGEST_TEXT, "b" * 20 * LONGEST_TEXT)
    assert violation.expected.endswith(f"… ({3 * LONGEST_TEXT} characters)")
    assert violation.actual.endswith("… (more than 100000 characters)")


@pytest.mark.parametrize("letter", ["\x9b", "\u202e", "\x1b", "\u2066"])
def test_a_value_is_told_without_what_steers(letter: str) -> None:
    assert letter not in shown({letter: letter})


def test_of_a_history_without_end_nothing_is_said() -> None:
    # All at once, each with an answer of its own, and a look that fits none of their orders.
    said = [("assistant", "x")]
    turns = [Event("submit", 0, 1, 200, f"{n}", said=tuple(said), final=False) for n in range(12)]
    look = Event("get", 2, 3, 200, said=(("user", "other"),), final=False)
    with pytest.raises(Blocked, match="orders, too many"):
        serialisation(State(CONTRACT), [*turns, look])
