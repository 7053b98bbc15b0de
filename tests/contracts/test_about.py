"""A contract holds the rules that are about something in it, and may hold only some of those."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.consistency import contradictions
from conformance.contract.definition import Definition
from conformance.contract.document import Contract
from conformance.contract.references import Document
from conformance.registry import all_checks, exchange_checks
from conformance.run.execute import execute
from mock_server.contract import consistency
from mock_server.contract.definition import Definition as MockDefinition
from tests.serving import Api

from .edits import WHOLE
from .test_judged import broken, run_of
from .without import WAYS, without

RULES: list[Any] = json.loads(WHOLE)["x-rules"]


@pytest.mark.parametrize("words", [*WAYS, "members.channel unique"])
def test_a_rule_about_what_is_not_there_is_refused_by_both(words: str, tmp_path: Path) -> None:
    """Whatever its id is."""
    document = without(*words.split())
    kept = {rule["id"] for rule in document["x-rules"]}
    lost = [rule for rule in RULES if rule["id"] not in kept and "kind" in rule]
    document["x-rules"] = [{**rule, "id": f"OWN-{place:02}"} for place, rule in enumerate(lost)]
    path = tmp_path / "openapi.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    value = Document(path).value
    every = [*map(str, range(len(lost)))]
    suite = *Definition().not_executed(value), *contradictions(value)
    mock = *MockDefinition().executed(value), *consistency.contradictions(value)
    for defects in (suite, mock):
        places = {str(one.steps[1]) for one in defects if one.steps[0] == "x-rules"}
        assert sorted(places, key=int) == every


def test_the_ids_that_there_have_been_are_those_that_there_are() -> None:
    areas = Counter(rule["id"].split("-")[0] for rule in RULES)
    assert Definition().schema["ids"] == areas


@pytest.mark.parametrize("kept", [["SES-01", "OPEN-01"], ["LIFE-14", "LIST-17"]])
def test_a_contract_with_some_of_the_rules_is_judged_by_those(
    kept: list[str], tmp_path: Path
) -> None:
    document = json.loads(WHOLE)
    document["x-rules"] = [rule for rule in document["x-rules"] if rule["id"] in kept]
    path = tmp_path / "openapi.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    contract = Contract(path)
    with Api.of(contract=path) as api:
        run = run_of(contract, api)
        execute(run)
    assert {id: run.evidence.outcomes[id][0] for id in kept} == dict.fromkeys(
        contract.rules, "pass"
    )


def test_a_kind_judges_a_rule_of_any_id(tmp_path: Path) -> None:
    document = json.loads(WHOLE)
    document["x-rules"] = rules = [rule for rule in document["x-rules"] if "kind" in rule]
    for place, rule in enumerate(rules):
        rule["id"] = f"OWN{'ABC'[place // 100]}-{place % 100:02}"
    path = tmp_path / "openapi.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    contract = Contract(path)
    assert {*all_checks(contract), *exchange_checks(contract)} == {*contract.rules}
    kinds = Definition().schema["definitions"]["rule"]["properties"]["kind"]["enum"]
    assert {rule.kind for rule in contract.rules.values()} == {*kinds}
    with Api.of(contract=path) as api:
        assert broken(contract, api) == []
