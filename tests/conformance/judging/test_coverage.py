"""Which cells of the lifecycle and which statuses a run has exercised."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract.document import Contract
from conformance.judging.coverage import Coverage
from conformance.judging.evidence import Finding
from conformance.judging.exchange import Exchange

OTHER = "00000000-0000-4000-8000-000000000001"

Make = Callable[..., Any]


class Trace:
    """Exchanges with one session, looked at one after the other."""

    def __init__(self, coverage: Coverage, exchange: Make, session: Make) -> None:
        self.coverage, self.exchange, self.session = coverage, exchange, session

    def look(self, operation: str, answer: Any = None, **changes: Any) -> Exchange:
        made: Exchange = self.exchange(operation, answer, **changes)
        self.coverage.count(made)
        return made

    def opened(self, **members: Any) -> Exchange:
        return self.look("openChat", self.session(**members), status=201)

    def submitted(self, content: Any = "Hello", key: str | None = None, **changes: Any) -> Exchange:
        body = json.dumps({"content": content, "idempotency_key": key}).encode()
        answer = {"messages": [], "is_final": changes.pop("is_final", False)}
        return self.look("submitMessage", answer, body=body, **changes)

    def ended(self, **changes: Any) -> Exchange:
        return self.look("endChat", self.session(is_final=True), **changes)

    def cells(self) -> dict[str, int]:
        return {f"{state} {event}": n for (state, event), n in self.coverage.cells.items()}


@pytest.fixture
def trace(contract: Contract, exchange: Make, session: Make) -> Trace:
    return Trace(Coverage(contract), exchange, session)


def test_a_first_end_meets_an_active_session_and_a_second_a_final_one(trace: Trace) -> None:
    trace.opened()
    trace.ended()
    trace.ended()
    assert trace.cells() == {"active end": 1, "final end": 1}


def test_a_turn_is_a_submit_and_its_repeated_key_a_replay(trace: Trace) -> None:
    trace.opened()
    trace.submitted(key="k")
    trace.submitted(key="k")
    trace.ended()
    trace.submitted(key="k")
    assert trace.cells() == {
        "active submit": 1, "active replay": 1, "active end": 1, "final replay": 1,
    }  # fmt: skip


def test_a_turn_without_a_key_is_never_a_replay(trace: Trace) -> None:
    trace.opened()
    trace.submitted()
    trace.submitted()
    assert trace.cells() == {"active submit": 2}


def test_the_text_that_finished_a_session_is_a_finish_again(trace: Trace) -> None:
    trace.opened()
    trace.submitted("bye", is_final=True)
    trace.submitted("bye", status=409)
    trace.submitted("Hello", status=409)
    assert trace.cells() == {"active finish": 1, "final finish": 1, "final submit": 1}


@pytest.mark.parametrize("status", [400, 401, 404, 413, 422, 429, 503])
def test_a_refused_request_is_no_event_of_an_active_session(trace: Trace, status: int) -> None:
    trace.opened()
    trace.submitted(status=status)
    trace.look("endChat", status=status)
    assert trace.cells() == {}


def test_a_refused_shape_is_no_event_of_a_final_session(trace: Trace) -> None:
    trace.opened()
    trace.ended()
    trace.submitted(content=7, status=400)
    trace.look("submitMessage", status=400, body=b"\xff{")
    assert trace.cells() == {"active end": 1}


def test_a_session_that_was_never_opened_here_is_not_counted(trace: Trace) -> None:
    trace.look("endChat", trace.session(id=OTHER, is_final=True), id=OTHER)
    trace.look("listChats", {"items": [trace.session(id=OTHER, is_final=True), 7]})
    assert trace.cells() == {}


def test_a_timeout_is_seen_by_its_reason(trace: Trace) -> None:
    trace.opened(ttl_seconds=60)
    trace.look("getChat", trace.session(is_final=True, final_reason="ttl"))
    assert trace.cells() == {"active expire": 1}


def test_a_final_session_outlives_its_timeout(trace: Trace) -> None:
    trace.opened(ttl_seconds=60)
    trace.ended()
    trace.look("getChat", trace.session(is_final=True), started=50.0, finished=51.0)
    assert trace.cells() == {"active end": 1}
    trace.look("getChat", trace.session(is_final=True), started=90.0, finished=91.0)
    assert trace.cells() == {"active end": 1, "final expire": 1}


def test_of_ends_that_race_only_the_first_to_be_answered_is_placed(trace: Trace) -> None:
    trace.opened()
    for finished in (10.5, 10.6, 10.7):
        trace.ended(started=10.0, finished=finished)
    assert trace.cells() == {"active end": 1}


def test_statuses_are_counted_apart_from_those_that_the_contract_lacks(trace: Trace) -> None:
    trace.opened()
    trace.look("openChat", {}, status=418)
    trace.look("openChat", {}, status=404)
    opens = trace.coverage.report([])["statuses"][1]
    assert opens["operation"] == "openChat"
    assert {code: n for code, n in opens["listed"].items() if n} == {"201": 1, "404": 1}
    assert opens["unlisted"] == {"418": 1}


def test_requests_of_no_operation_are_not_counted(trace: Trace) -> None:
    trace.coverage.count(trace.exchange(None, {}, 404))
    assert not trace.coverage.statuses


def broken(trace: Trace, *findings: Finding) -> dict[str, list[str]]:
    cells = trace.coverage.report(findings)["lifecycle"]["cells"]
    return {f"{c['state']} {c['event']}": c["broken"] for c in cells if c["broken"]}


def test_a_finding_blames_the_last_event_of_its_story(trace: Trace) -> None:
    told = (trace.opened(), trace.ended(), trace.ended(), trace.look("getChat", trace.session()))
    found = Finding("END-03", "nothing to change", "a change", told)
    assert broken(trace, found) == {"final end": ["END-03"]}


def test_a_finding_on_another_operation_blames_no_event(trace: Trace) -> None:
    told = (trace.opened(), trace.ended(), trace.look("listChats", {"items": []}))
    assert broken(trace, Finding("LIST-01", "a page", "none", told)) == {}


def test_a_race_blames_no_cell(trace: Trace) -> None:
    told = (
        trace.opened(),
        trace.ended(started=10.0, finished=10.5),
        trace.ended(started=10.0, finished=10.6),
    )
    assert broken(trace, Finding("RACE-01", "one", "two", told)) == {}


def test_every_cell_of_the_contract_is_told_also_when_nothing_was_seen(
    trace: Trace, contract: Contract
) -> None:
    cells = trace.coverage.report([])["lifecycle"]["cells"]
    assert [(c["state"], c["event"]) for c in cells] == [*contract.lifecycle.rows]
    assert not any(cell["exercised"] for cell in cells)
