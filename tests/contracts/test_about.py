"""A contract holds the rules that are about something in it, and may hold only some of those."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.definition import Definition
from conformance.contract.document import Contract, find_contract
from conformance.registry import all_checks, exchange_checks
from conformance.run.execute import execute
from mock_server.contract.definition import Definition as MockDefinition
from tests.serving import Api

from .edits import WHOLE
from .test_judged import broken, run_of

ABOUT: dict[str, list[str]] = Definition().schema["about"]
WORDS = sorted({word for words in ABOUT.values() for word in words})


def test_every_rule_is_about_words_that_a_contract_can_have() -> None:
    schema = Definition().schema
    parts = schema["definitions"]["resource"]["properties"]
    known = (
        {"x-webhooks"}
        | {*parts}
        | {f"{p}.{n}" for p in parts for n in parts[p].get("properties", ())}
    )
    assert {*WORDS} <= known
    assert {*Contract(find_contract()).rules} <= ABOUT.keys()


def lacking(word: str) -> Any:
    document = json.loads(WHOLE)
    *steps, last = [word] if word.startswith("x-") else ["x-resource", *word.split(".")]
    part = document
    for step in steps:
        part = part[step]
    del part[last]
    return document


@pytest.mark.parametrize("word", WORDS)
def test_a_rule_about_what_is_not_there_is_refused_by_both(word: str) -> None:
    document = lacking(word)
    ids = [rule["id"] for rule in document["x-rules"]]
    suite = [*Definition().unfounded(document)]
    assert [*map(tuple, suite)] == [*map(tuple, MockDefinition().baseless(document))]
    blamed = [ids[int(one.steps[1])] for one in suite]
    assert blamed == [id for id in ids if word in ABOUT[id]]
    name = word if word.startswith("x-") else f"x-resource.{word}"
    assert all(
        f"wanted {name}, which {id} is about" in one.reason
        for id, one in zip(blamed, suite, strict=True)
    )


def test_a_whole_contract_has_all_that_its_rules_are_about() -> None:
    document = json.loads(WHOLE)
    assert [*Definition().unfounded(document), *MockDefinition().baseless(document)] == []


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
