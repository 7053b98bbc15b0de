"""What has ended may go on, where an event of the contract's own leads out of a final state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.document import Contract, find_contract
from conformance.contract.source import ContractError
from conformance.report.derive import implied
from mock_server.contract.document import load_contract
from mock_server.contract.source import FixtureError
from mock_server.domain.agents import Agent
from mock_server.domain.lifecycle import Lifecycle, Step
from mock_server.domain.pipeline import Pipeline
from mock_server.domain.session import Session
from tests.sampling import every
from tests.serving import Api, receiving

from .edits import CONTRACT, ROWS, edited
from .test_judged import announced, broken
from .test_own_states import pausing
from .test_words import written
from .without import Json, without

TURN = ["append", "touch", "remember"]
OVER = {"to": "final", "effects": ["finalise", "pipeline"]}


def reopening(**to_reopened: Any) -> dict[str, Any]:
    """A third state, in which a session goes on that was final."""
    made = pausing()
    pause = made["/paths/~1api~1v1~1chats~1{id}~1pause"]
    rows: list[dict[str, Any]] = [
        {"state": "active", "event": "reopen", "to": "active"},
        {
            "state": "final",
            "event": "reopen",
            "to": "reopened",
            "effects": ["touch"],
            **to_reopened,
        },
        {"state": "reopened", "event": "reopen", "to": "reopened"},
        {"state": "reopened", "event": "submit", "to": "reopened", "effects": TURN},
        {**OVER, "state": "reopened", "event": "finish", "reason": "agent_finish"},
        {"state": "reopened", "event": "replay", "to": "reopened"},
        {**OVER, "state": "reopened", "event": "end", "reason": "user_end"},
        {**OVER, "state": "reopened", "event": "expire", "reason": "ttl"},
    ]
    return {
        "/paths/~1api~1v1~1chats~1{id}~1reopen": {
            **pause,
            "post": {**pause["post"], "operationId": "reopenChat"},
        },
        "/x-lifecycle/events/reopen": {"operation": "reopenChat", "text": "a second beginning"},
        "/x-lifecycle/states/reopened": "It goes on.",
        ROWS: [*CONTRACT["x-lifecycle"]["transitions"], *({"effects": [], **row} for row in rows)],
        "/components/schemas/StatusActive/enum": ["active", "reopened"],
        "/paths/~1api~1v1~1chats/get/parameters/2/schema/enum": [
            "active",
            "final",
            "reopened",
            "all",
        ],
    }


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    return edited({"name": "reopening", "set": reopening(), "blames": []}, tmp_path).path


def reopen(api: Api, session: Any) -> Any:
    return api.post(f"/api/v1/chats/{session['id']}/reopen").json()


def test_what_has_ended_goes_on_and_ends_again(contract: Path, db: str | None) -> None:
    with Api.of(contract=contract, db=db) as api:
        session = api.open(external_id={"a": 1})
        ended = api.end(session["id"]).json()
        assert api.submit(session["id"]).status_code == 409
        going_on = reopen(api, session)
        assert (going_on["status"], going_on["is_final"]) == ("reopened", False)
        assert going_on["final_reason"] is None
        assert going_on["last_activity"] > ended["last_activity"]
        assert api.read(session["id"]) == going_on
        assert api.list(state="final")["total_count"] == 0
        assert api.submit(session["id"], "once more").status_code == 200
        again = api.end(session["id"]).json()
        assert (again["status"], again["final_reason"]) == ("final", "user_end")
        found = api.search(callIds=[session["id"]])
        assert found["totalCount"] == 1
        assert found["results"][0]["transcription"][0]["text"] == "once more"


def test_each_end_is_announced(contract: Path) -> None:
    with receiving() as receiver, Api.of(contract=contract, webhook_url=receiver.url) as api:
        session = api.open()
        for _ in range(2):
            api.end(session["id"])
            reopen(api, session)
        told = receiver.wait_for(2)
        assert [one["callId"] for one in told] == [session["id"]] * 2


def test_the_timer_starts_again(contract: Path) -> None:
    with Api.of(contract=contract) as api:
        session = api.open(ttl_seconds=60)
        advance(api, 61)
        assert api.read(session["id"])["final_reason"] == "ttl"
        reopen(api, session)
        advance(api, 59)
        assert api.read(session["id"])["status"] == "reopened"
        advance(api, 2)
        assert api.read(session["id"])["final_reason"] == "ttl"


def advance(api: Api, seconds: int) -> None:
    assert api.admin("POST", "/clock/advance", json={"by": f"PT{seconds}S"}).status_code == 200


def test_an_endpoint_that_was_given_away_stays_so(contract: Path) -> None:
    with Api.of(contract=contract) as api:
        first = api.open(external_id={"a": 1})
        api.end(first["id"])
        second = api.open(external_id={"a": 1})
        assert reopen(api, first)["status"] == "reopened"
        assert api.open(external_id={"a": 1})["id"] == second["id"]


def test_a_session_that_goes_on_is_dumped_and_loaded(contract: Path) -> None:
    with Api.of(contract=contract) as api:
        session = api.open()
        api.end(session["id"])
        going_on = reopen(api, session)
        document = api.admin("GET", "/state").json()
        assert len(document["call_results"]) == 1
        assert api.admin("PUT", "/state", json=document).status_code == 200
        assert api.read(session["id"]) == going_on


def refusing(lifecycle: Lifecycle, session: Session, event: str, now: int) -> Step:
    step = STEP(lifecycle, session, event, now)
    if event == "reopen" and session.is_final:
        return Step(session, (), "session-final", changes=False)
    return step


def keeping_the_reason(lifecycle: Lifecycle, session: Session, event: str, now: int) -> Step:
    step = STEP(lifecycle, session, event, now)
    kept = replace(step.session, final_reason=step.session.final_reason or session.final_reason)
    return replace(step, session=kept)


def keeping_the_time(lifecycle: Lifecycle, session: Session, event: str, now: int) -> Step:
    step = STEP(lifecycle, session, event, now)
    if event != "reopen":
        return step
    return replace(step, session=replace(step.session, last_activity=session.last_activity))


STEP = Lifecycle.step
FAULTS = {one.__name__: one for one in (refusing, keeping_the_reason, keeping_the_time)}


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["core", "races"])
def test_who_obeys_is_conformant(profile: str, contract: Path) -> None:
    with Api.of(contract=contract) as api:
        assert broken(Contract(contract), api, profile=profile) == []


@pytest.mark.parametrize("fault", every(3, FAULTS))
def test_who_does_it_otherwise_is_found(
    fault: str, contract: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lifecycle, "step", FAULTS[fault])
    with Api.of(contract=contract, validate_responses=False) as api:
        assert broken(Contract(contract), api, ("LIFE-14",)) == ["LIFE-14"]


def test_who_never_lets_go_on_is_found(contract: Path) -> None:
    with Api.of() as of_old:
        assert broken(Contract(contract), of_old, ("LIFE-14",)) == ["LIFE-14"]


@pytest.mark.parametrize("careless", [False, True])
def test_an_end_that_is_not_announced_again_is_found(
    careless: bool, contract: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: set[str] = set()

    def once(pipeline: Pipeline, agent: Agent, result: Any) -> Any:
        again = result["callId"] in told
        told.add(result["callId"])
        return None if again and careless else real(pipeline, agent, result)

    real = Pipeline.webhook
    monkeypatch.setattr(Pipeline, "webhook", once)
    outcomes = announced(contract, ("HOOK-01",))
    assert outcomes["HOOK-01"][0] == ("fail" if careless else "pass")


def begun_again() -> Json:
    """Where nothing is unique, what has ended goes on as it began."""
    document, made = without("unique"), pausing()
    path = made["/paths/~1api~1v1~1chats~1{id}~1pause"]
    path = {**path, "post": {**path["post"], "operationId": "reopenChat"}}
    document["paths"]["/api/v1/chats/{id}/reopen"] = path
    table = document["x-lifecycle"]
    table["events"]["reopen"] = {"operation": "reopenChat", "text": "a second beginning"}
    row = {"event": "reopen", "to": "active"}
    table["transitions"] += [
        {**row, "state": "active", "effects": []},
        {**row, "state": "final", "effects": ["touch"]},
    ]
    return document


def test_what_has_ended_goes_on_as_it_began(tmp_path: Path) -> None:
    document = begun_again()
    document["x-rules"] = [rule for rule in document["x-rules"] if rule["id"] != "LIFE-02"]
    path = written(document, tmp_path)
    contract = Contract(path)
    derived = {rule["id"] for rule in implied(contract, Contract(find_contract()))}
    assert not derived & {"LIFE-02", "LIFE-05"}
    with Api.of(contract=path) as api:
        assert broken(contract, api) == []


def test_a_rule_that_nothing_could_break_is_refused(tmp_path: Path) -> None:
    path, says = written(begun_again(), tmp_path), "from which another one is never reached"
    with pytest.raises(ContractError, match=says):
        Contract(path)
    with pytest.raises(FixtureError, match=says):
        load_contract(path)


REFUSED = {
    "an endpoint that may be taken meanwhile": (
        reopening() | {"/x-resource/unique/while": ["active", "reopened"]},
        "a state that x-resource.unique has in `while` beside reopened",
    ),
    "a reason of what goes on": (reopening(reason="user_end"), "no reason, as one belongs"),
    "a refusal of what goes on": (reopening(refusal="session-final"), "no refusal"),
    "a turn of what goes on": (reopening(effects=["append"]), 'wanted "touch"'),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_program_follows(name: str, tmp_path: Path) -> None:
    values, says = REFUSED[name]
    path = edited({"name": name, "set": values}, tmp_path).path
    with pytest.raises(ContractError, match=says):
        Contract(path)
    with pytest.raises(FixtureError, match=says):
        load_contract(path)
