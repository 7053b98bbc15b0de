"""States that neither program could make sense of are refused by both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.contract.document import Contract
from conformance.contract.source import ContractError
from mock_server.contract.document import load_contract
from mock_server.contract.source import FixtureError

from .edits import ROWS, edited
from .test_own_states import pausing, waiting


def unreached() -> dict[str, Any]:
    values = pausing()
    for row in values[ROWS]:
        if row["event"] == "pause":
            row["to"] = row["state"]
    return values


def untold() -> dict[str, Any]:
    values = pausing()
    del values["/components/schemas/StatusActive/enum"]
    return values


REFUSED = {
    "a state that no session can tell": (untold(), 'answer of getChat can hold, got "paused"'),
    "a state that nothing leads to": (unreached(), "a transition that leads to paused, got none"),
    "turns that are taken but once": (
        waiting(to="waiting", effects=[], refusal="session-final"),
        "what active has, as turns lead from there to waiting, got other effects",
    ),
    "turns that are kept but once": (
        waiting(effects=["touch"]),
        "what active has, as turns lead from there to waiting, got other effects",
    ),
    "an endpoint that a turn frees": (
        waiting() | {"/x-resource/unique/while": ["active"]},
        "waiting too, as turns lead to it, got another list",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_states_that_no_program_follows(name: str, tmp_path: Path) -> None:
    values, says = REFUSED[name]
    if name == "an endpoint that a turn frees":
        for row in values[ROWS]:
            if (row["state"], row["event"]) == ("waiting", "submit"):
                row["to"] = "waiting"
    path = edited({"name": name, "set": values}, tmp_path).path
    with pytest.raises(ContractError, match=says):
        Contract(path)
    with pytest.raises(FixtureError, match=says):
        load_contract(path)
