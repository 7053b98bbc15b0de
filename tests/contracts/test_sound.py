"""What may be written otherwise is followed by the mock, and read by the suite."""

from __future__ import annotations

from dataclasses import astuple, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.cli.lint import problems
from conformance.contract.document import Contract
from conformance.generated.cases import boundary_cases, quiet_hypothesis
from conformance.generated.oracle import Oracle
from tests.sampling import every
from tests.serving import Api

from .edits import Entry, edited, entries

SOUND = entries("sound.yaml")
REDRAWN = ("a member more", "other paths", "a schema in its place", "a schema in another file")


def named(entry: Entry) -> str:
    return str(entry["name"]).replace(" ", "-")


@pytest.mark.parametrize("entry", every(6, SOUND, slow=3), ids=named)
def test_a_sound_contract_is_followed(entry: Entry, tmp_path: Path) -> None:
    path = edited(entry, tmp_path).path
    assert problems(path) == []
    contract = Contract(path)
    for name, wanted in entry.get("reads", {}).items():
        found: Any = getattr(contract, name)
        is_one = is_dataclass(found) and not isinstance(found, type)
        assert (list(astuple(found)) if is_one else found) == wanted
    with Api.of(contract=path) as api:
        for method, target, body, status in entry.get("asks", []):
            answer = api.request(method, target, json=body)
            assert answer.status_code == status, answer.text


@pytest.mark.slow
@pytest.mark.parametrize("entry", [e for e in SOUND if e["name"] in REDRAWN], ids=named)
def test_requests_are_drawn_from_a_sound_contract(entry: Entry, tmp_path: Path) -> None:
    contract = Contract(edited(entry, tmp_path).path)
    drawn: set[str] = set()

    def visit(case: Any) -> None:
        drawn.add(case.operation.definition.raw["operationId"])

    with quiet_hypothesis():
        boundary_cases(contract, 1, visit)
    assert drawn == {*contract.operations}
    open = contract.operations["openChat"]
    assert Oracle(contract, "a").names(open.id, f"http://127.0.0.1{open.path}")
