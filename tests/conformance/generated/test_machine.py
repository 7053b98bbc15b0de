"""What the model pack makes of a broken rule: a SHOULD does not end it."""

from collections.abc import Callable, Collection
from itertools import count
from typing import Any

import httpx
import pytest

from conformance.checks.model import check_every_sequence_leads_where_the_model_says
from conformance.contract.document import Contract
from conformance.generated import machine
from conformance.judging.exchange import Exchange
from conformance.judging.model import Mismatch, Model
from conformance.judging.outcomes import Blocked
from conformance.target.api import Api


@pytest.fixture
def api(connect: Callable[..., Api]) -> Api:
    return connect(lambda request: httpx.Response(500))


def check(api: Api) -> None:
    check_every_sequence_leads_where_the_model_says(api, api.contract.rules["LIFE-13"])


def finding(monkeypatch: pytest.MonkeyPatch, *rules: str | None) -> list[list[str]]:
    """Let the draws find these rules broken in turn; gives what each was drawn without."""
    left, drawn = list(rules), []

    def first_mismatch(*_: Any, without: list[str], **limits: int) -> Any:
        drawn.append(list(without))
        rule = left.pop(0)
        if not rule:
            return None
        mismatch = Mismatch(rule, "one thing", "another")
        mismatch.avoidable = rule != "END-03"
        return mismatch, []

    monkeypatch.setattr(machine, "first_mismatch", first_mismatch)
    return drawn


def test_a_broken_should_is_told_and_the_stories_go_on_without_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = finding(monkeypatch, "TURN-15", "DEDUP-03", None)
    check(api)
    assert drawn == [[], ["TURN-15"], ["TURN-15", "DEDUP-03"]]
    assert set(api.client.evidence.findings) == {"TURN-15", "DEDUP-03"}


def test_another_broken_rule_ends_the_stories(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    finding(monkeypatch, "END-03")
    with pytest.raises(Blocked, match="END-03"):
        check(api)


def test_what_breaks_a_rule_that_the_contract_lacks_breaks_this_one(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding(monkeypatch, "END-03")
    monkeypatch.setattr(api.contract, "judged", {"LIFE-13": api.contract.rules["LIFE-13"]})
    with pytest.raises(Mismatch, match="one thing"):
        check(api)


@pytest.fixture
def list_later(
    contract: Contract, exchange: Callable[..., Exchange], session: Callable[..., dict[str, Any]]
) -> Callable[..., None]:
    """Have the model judge a list of what was active after 9:00 and holds these."""
    instants = {"older": "08:59", "equal": "09:00", "later": "09:01", "final": "09:02"}
    items = {
        name: session(id=name, last_activity=f"2026-01-05T{at}:00Z", is_final=name == "final")
        for name, at in instants.items()
    }

    def judge(*listed: str) -> None:
        found = [items[name] for name in listed]
        answer = exchange("listChats", {"items": found, "total_count": 4, "skip": 0, "take": 200})
        Model(contract).list_later([*items.values()], "2026-01-05T09:00:00Z", "active", answer)

    return judge


def test_what_was_active_at_an_instant_itself_may_be_listed_or_not(
    list_later: Callable[..., None],
) -> None:
    list_later("later")
    list_later("equal", "later")


@pytest.mark.parametrize(
    ("listed", "broken"),
    [((), "LIST-09"), (("later", "older"), "LIST-09"), (("later", "final"), "LIST-08")],
)
def test_the_model_holds_a_list_to_its_instant_and_its_state(
    list_later: Callable[..., None], listed: tuple[str, ...], broken: str
) -> None:
    with pytest.raises(Mismatch) as caught:
        list_later(*listed)
    assert caught.value.rule == broken


def test_the_model_knows_what_an_operation_may_show(
    contract: Contract, exchange: Callable[..., Exchange], session: Callable[..., dict[str, Any]]
) -> None:
    model = Model(contract)
    assert model.open_shows("{}") == ""
    model.open("{}", 1800, "agent-echo", exchange("openChat", session(), 201))
    assert model.open_shows("{}") == "DEDUP-08"
    assert model.open_shows(None) == ""
    [first] = model.sessions
    assert model.submit_shows(first, None) == ""
    model.end(first, exchange("endChat", session(is_final=True)))
    assert model.open_shows("{}") == "DEDUP-03"
    assert model.submit_shows(first, "key") == "TURN-15"
    first.replies["key"] = []
    assert model.submit_shows(first, "key") == "IDEM-10"
    first.finishing_key = "key"
    assert model.submit_shows(first, "key") == ""


def test_a_turn_for_which_there_is_no_room_leaves_nothing(
    contract: Contract, exchange: Callable[..., Exchange], session: Callable[..., dict[str, Any]]
) -> None:
    model = Model(contract)
    model.open(None, 1800, "agent-echo", exchange("openChat", session(), 201))
    [opened] = model.sessions
    model.submit(opened, "long", "key", exchange("submitMessage", {}, 413))
    assert not opened.replies
    model.get(opened, exchange("getChat", session()))
    model.end(opened, exchange("endChat", session(is_final=True)))
    model.submit(opened, "long", None, exchange("submitMessage", {}, 413))


@pytest.mark.parametrize("lost", [range(999), [2]])
def test_stories_that_came_to_no_end_are_no_pass(
    connect: Callable[..., Api],
    session: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    lost: Collection[int],
) -> None:
    numbers = count()
    monkeypatch.setattr(machine.Machine, "judge", lambda *_, **__: None)

    def answer(request: httpx.Request) -> httpx.Response:
        if next(numbers) in lost:
            raise httpx.ConnectTimeout("no answer")
        return httpx.Response(200, json={**session(), "items": [], "total_count": 0})

    api = connect(answer)
    with pytest.raises(Blocked):
        machine.first_mismatch(api, sequences=9, steps=4, sessions=99, turns=99)


def test_a_fault_of_the_suite_is_told_as_one(
    connect: Callable[..., Api], session: Callable[..., dict[str, Any]], monkeypatch: Any
) -> None:
    def judge(_: Any, step: Any, *args: Any, **more: Any) -> None:
        raise KeyError(step.__name__) if step.__name__ == "open" else TypeError(step.__name__)

    monkeypatch.setattr(machine.Machine, "judge", judge)
    page = {**session(), "items": [], "total_count": 0}
    api = connect(lambda request: httpx.Response(200, json=page))
    with pytest.raises((KeyError, TypeError, ExceptionGroup)):
        machine.first_mismatch(api, sequences=9, steps=4, sessions=99, turns=99)
