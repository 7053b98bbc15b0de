import hashlib
from pathlib import Path

import pytest

from conformance.contract.areas import area_of
from conformance.contract.document import Contract, find_contract
from conformance.contract.source import ContractError
from conformance.contract.validator import Validator


def test_what_an_operation_answers_with_has_its_schema(contract: Contract) -> None:
    page = contract.answer("listChats")
    assert {*page["properties"]} == {"items", "total_count", "skip", "take"}
    final = contract.in_state(contract.answer("getChat"), final=True)
    assert final["properties"]["status"]["enum"] == ["final"]
    assert {"type", "title", "status"} <= contract.problem["properties"].keys()


def test_a_nullable_schema_accepts_null_and_its_type_alone(contract: Contract) -> None:
    session = contract.in_state(contract.answer("getChat"), final=False)
    validator = Validator(session["properties"]["ttl_seconds"])
    assert validator.is_valid(None)
    assert validator.is_valid(60)
    assert not validator.is_valid("60")


def test_formats_are_checked(contract: Contract) -> None:
    session = contract.in_state(contract.answer("getChat"), final=False)
    validator = Validator(session["properties"]["id"])
    assert validator.is_valid("3F0C9F4E-6A51-4D0B-9E58-1F7A6C2D8B10")
    assert not validator.is_valid("3f0c9f4e")


def test_every_rule_carries_the_line_where_it_stands(contract: Contract) -> None:
    lines = contract.main.raw.decode().splitlines()
    for rule in contract.rules.values():
        assert lines[rule.line - 1].strip() == f"- id: {rule.id}"


def test_a_rule_has_its_level_evidence_source_and_needs(contract: Contract) -> None:
    rule = contract.rules["END-04"]
    assert (rule.level, rule.evidence, rule.source) == ("MUST", "explicit", "end")
    assert rule.needs == ("closing_agent",)
    assert area_of(rule.id) == "END"


def test_operations_carry_method_path_and_statuses(contract: Contract) -> None:
    end = contract.operations["endChat"]
    assert (end.method, end.path) == ("POST", "/api/v1/chats/{id}/end")
    assert 200 in end.statuses
    assert 409 not in end.statuses


def test_methods_are_those_of_each_path(contract: Contract) -> None:
    assert contract.methods["/api/v1/chats"] == {"GET", "POST"}


def test_transitions_are_those_of_the_lifecycle(contract: Contract) -> None:
    rows = contract.lifecycle.rows
    assert rows["active", "expire"].reason == "ttl"
    assert rows["final", "submit"].refusal == "session-final"


def test_the_digest_is_of_the_files_bytes(contract: Contract) -> None:
    assert contract.sha256 == hashlib.sha256(find_contract().read_bytes()).hexdigest()


def test_a_missing_contract_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="nowhere.yaml"):
        Contract(tmp_path / "nowhere.yaml")


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + find_contract().read_bytes())
    assert Contract(file).rules == Contract(find_contract()).rules


def test_a_rule_is_found_by_its_kind_and_what_it_is_told(contract: Contract) -> None:
    assert contract.carrier("listed", sent="nothing") == "LIST-02"
    assert contract.carrier("listed", sent="") == "LIST-03"
    assert contract.carrier("fresh", "list") == "LIST-26"
    assert contract.carrier("filter", "search", members=()) == "FIN-10"
    assert contract.carrier("once", needs=("webhook_listener",)) == "HOOK-02"
    assert contract.carrier("listed", sent="walk") == ""
