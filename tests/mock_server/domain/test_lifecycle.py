"""The state machine, row by row, as the contract has it."""

import pytest

from mock_server.contract.locations import resource
from mock_server.contract.source import read_source
from mock_server.domain.session import Session
from tests.serving import usual_files

TABLE = read_source(resource("openapi.yaml")).value["x-lifecycle"]
LIFECYCLE = usual_files().contract.lifecycle


def session(state: str) -> Session:
    reason = "ttl" if state == "final" else None
    return Session(
        "id", "agent", "web", 60, 100, 200, state, final_reason=reason, holds=state == "active"
    )


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
