"""The state machine, row by row, as the contract has it."""

import copy

import pytest

from mock_server.contract.document import load_contract
from mock_server.contract.fixtures import load_document
from mock_server.contract.locations import resource
from mock_server.domain.lifecycle import Lifecycle, LifecycleError
from mock_server.domain.session import Session

TABLE = load_document(resource("openapi.yaml"))["x-lifecycle"]
LIFECYCLE = load_contract().lifecycle


def session(state: str) -> Session:
    reason = "ttl" if state == "final" else None
    return Session("id", "agent", "web", 60, 100, 200, state=state, final_reason=reason)


@pytest.mark.parametrize(
    "row", TABLE["transitions"], ids=lambda row: f"{row['state']}-{row['event']}"
)
def test_every_row_of_the_table_is_what_a_step_does(row):
    before = session(row["state"])
    step = LIFECYCLE.step(before, row["event"], 300)
    assert step.session.state == row["to"]
    assert list(step.effects) == row["effects"]
    assert step.refusal == row.get("refusal")
    assert step.session.last_activity == (300 if "touch" in row["effects"] else 200)
    assert step.session.final_reason == row.get("reason", before.final_reason)


@pytest.mark.parametrize(
    "row", TABLE["transitions"], ids=lambda row: f"{row['state']}-{row['event']}"
)
def test_no_step_changes_what_never_changes(row):
    before = session(row["state"])
    after = LIFECYCLE.step(before, row["event"], 300).session
    for member in ("id", "agent_id", "channel", "created", "ttl_seconds"):
        assert getattr(after, member) == getattr(before, member)
    if before.is_final:
        assert after == before


def test_time_never_goes_back():
    assert LIFECYCLE.step(session("active"), "submit", 50).session.last_activity == 200


def test_an_unknown_event_is_no_step():
    with pytest.raises(KeyError):
        LIFECYCLE.step(session("active"), "reopen", 300)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (lambda t: t["transitions"].pop(), "/x-lifecycle/transitions"),
        (lambda t: t["transitions"].append(t["transitions"][0]), "/x-lifecycle/transitions/10"),
        (lambda t: t["transitions"][0].update(to="x"), "/x-lifecycle/transitions/0/to"),
        (lambda t: t["transitions"][0].update(event="x"), "/x-lifecycle/transitions/0/event"),
        (lambda t: t["transitions"][0].update(state="x"), "/x-lifecycle/transitions/0/state"),
        (
            lambda t: t["transitions"][0].update(effects=["x"]),
            "/x-lifecycle/transitions/0/effects/0",
        ),
        (lambda t: t["transitions"][3].pop("reason"), "/x-lifecycle/transitions/3"),
        (lambda t: t["transitions"][3].update(to="active"), "/x-lifecycle/transitions/3/to"),
        (lambda t: t["transitions"][0].update(to="final"), "/x-lifecycle/transitions/0/to"),
        (
            lambda t: t["transitions"][4].update(effects=[], reason=None, to="active"),
            "/x-lifecycle/transitions/4/effects",
        ),
        (lambda t: t.update(initial="new"), "/x-lifecycle/initial"),
        (lambda t: t["transitions"][5].pop("refusal"), "/x-lifecycle/transitions/5"),
        (lambda t: t["transitions"][6].pop("refusal"), "/x-lifecycle/transitions/6"),
        (
            lambda t: t["transitions"][7].update(effects=["touch"]),
            "/x-lifecycle/transitions/7/effects",
        ),
        (
            lambda t: t["transitions"][8].update(effects=["finalise"], reason="again"),
            "/x-lifecycle/transitions/8/effects",
        ),
    ],
)
def test_an_unsound_table_is_refused_where_it_is_unsound(change, pointer):
    table = copy.deepcopy(TABLE)
    change(table)
    with pytest.raises(LifecycleError) as caught:
        Lifecycle.load(table)
    assert caught.value.pointer == pointer
