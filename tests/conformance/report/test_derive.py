"""`adjourn-conformance derive`: what it prints is a contract's own, and fits where it is pasted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from conformance.cli.lint import problems
from conformance.contract.document import Contract, find_contract
from conformance.report.derive import command
from tests.contracts.edits import WHOLE, Entry
from tests.contracts.renamed import renamed

HELD = ("OPEN-01", "LIFE-13")


def derived(document: Entry, folder: Path) -> tuple[Entry, str]:
    """The contract with what is printed pasted into it, and what is said beside it."""
    path = folder / "openapi.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    told = CliRunner().invoke(command, ["--contract", str(path)])
    assert told.exit_code == 0, told.output
    document["x-rules"] += yaml.safe_load(told.stdout) or []
    path.write_text(json.dumps(document), encoding="utf-8")
    return document, told.stderr


@pytest.fixture
def few() -> Entry:
    document = renamed(json.loads(WHOLE))
    document["x-rules"] = [rule for rule in document["x-rules"] if rule["id"] in HELD]
    return document


def test_a_contract_that_holds_every_rule_lacks_none(tmp_path: Path) -> None:
    document, told = derived(json.loads(WHOLE), tmp_path)
    assert len(document["x-rules"]) == len(json.loads(WHOLE)["x-rules"])
    assert told.startswith("rules more: 0,")


def test_what_is_derived_makes_a_sound_contract(few: Entry, tmp_path: Path) -> None:
    derived(few, tmp_path)
    assert problems(tmp_path / "openapi.yaml") == []
    ours, theirs = Contract(find_contract()), Contract(tmp_path / "openapi.yaml")
    assert {*theirs.rules} == {*ours.judged}
    graded = [rule for rule in theirs.rules.values() if rule.id not in HELD]
    assert {rule.evidence for rule in graded} == {"project"}
    assert {rule.level for rule in graded} == {"SHOULD", "MAY"}


def test_no_rule_is_derived_about_members_that_may_change(few: Entry, tmp_path: Path) -> None:
    few["x-lifecycle"]["immutable"]["closed"].remove("cause")
    document, _ = derived(few, tmp_path)
    assert problems(tmp_path / "openapi.yaml") == []
    assert "LIFE-05" not in [rule["id"] for rule in document["x-rules"]]


def test_what_is_derived_is_in_the_words_of_the_contract(few: Entry, tmp_path: Path) -> None:
    document, _ = derived(few, tmp_path)
    found = {rule["id"]: rule for rule in document["x-rules"]}
    assert found["FIN-05"]["members"] == ["bots"]
    assert (
        found["TURN-15"]["text"]
        == "A new turn on a closed session is refused with 410, 409, 400 or 422."
    )
    assert found["LIFE-05"]["members"] == ["cause"]
    assert found["LIST-20"]["text"] == "A only that is not listed is refused with 400 or 422."
    assert found["END-01"]["operations"] == ["closeDialogue"]


def test_a_source_that_the_rules_name_is_asked_for(few: Entry, tmp_path: Path) -> None:
    few["x-rules"], few["x-sources"] = [], {}
    _, told = derived(few, tmp_path)
    assert "x-sources lacks contract" in told
