"""What is told of a rule without a target."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.config.settings import UsageError
from conformance.contract.areas import AREAS, address, by_area
from conformance.contract.document import Contract
from conformance.report.explain import explain, rule_list


def test_a_checked_rule_is_told_with_its_source_its_check_and_its_command(
    contract: Contract,
) -> None:
    text = explain(contract, "END-02")
    rule = contract.rules["END-02"]
    assert rule.text in text
    assert "https://blackbox.dasha.ai/docs/api-reference/chats/end-a-chat-session" in text
    assert f"openapi.yaml:{rule.line}" in text
    assert "conformance/checks/kinds/transitions.py:" in text
    assert "kind        transition, given final, when end" in text
    assert "def check_a_transition(" in text
    assert "python -m conformance --profile smoke --rule END-02" in text


def test_the_command_names_a_contract_of_ones_own(contract: Contract, tmp_path: Path) -> None:
    own = Path(shutil.copy(contract.path, tmp_path / "our own.yaml"))
    told = explain(Contract(own), "END-02")
    assert f"python -m conformance --contract '{own}' --profile smoke --rule END-02" in told
    assert "--contract" not in explain(contract, "END-02")


@pytest.mark.parametrize(
    ("id", "told"),
    [("LIST-19", "paged, sent walk"), ("LIST-14", "clamped, bound maximum, of take")],
)
def test_a_kind_is_told_with_all_that_it_is_told(contract: Contract, id: str, told: str) -> None:
    assert f"kind        {told}\n" in explain(contract, id)


def test_a_rule_of_every_exchange_is_shown_with_its_check(contract: Contract) -> None:
    text = explain(contract, "LIFE-02")
    assert "judged on every exchange" in text
    assert "conformance/checks/kinds/members.py:" in text
    assert "def check_a_state_is_reachable" in text


def test_a_rule_without_a_check_says_why(contract: Contract) -> None:
    for rule in contract.rules.values():
        if rule.unchecked:
            assert f"unchecked   {rule.unchecked}" in explain(contract, rule.id)


def test_every_rule_can_be_explained(contract: Contract) -> None:
    for id, rule in contract.rules.items():
        assert explain(contract, id).startswith(f"{id}  {rule.text}")


def test_an_id_may_be_written_small(contract: Contract) -> None:
    assert explain(contract, "end-02") == explain(contract, "END-02")


def test_an_unknown_id_is_refused_with_the_nearest(contract: Contract) -> None:
    with pytest.raises(UsageError, match=r"no rule 'EN-02'; did you mean .*END-02"):
        explain(contract, "EN-02")
    with pytest.raises(UsageError, match="--list shows them all"):
        explain(contract, "§")


def test_the_command_line_explains(ask: Callable[..., Any], contract: Contract) -> None:
    told = ask("explain", "END-02")
    assert (told.code, told.out.strip()) == (0, explain(contract, "END-02"))


def test_an_unknown_id_ends_with_the_code_of_a_usage_error(ask: Callable[..., Any]) -> None:
    told = ask("explain", "END-99")
    assert told.code == 2
    assert "did you mean END-" in told.err
    assert "Traceback" not in told.err


def test_the_list_stands_in_columns_under_its_areas(contract: Contract) -> None:
    lines = list(rule_list(contract))
    assert lines[0] == "Opening"
    rows = [line for line in lines if line.startswith("  ")]
    assert [row.split()[0] for row in rows] == list(contract.rules)
    for row in rows:
        assert row[40:].startswith(contract.rules[row.split()[0]].text)


def test_every_area_has_a_title(contract: Contract) -> None:
    assert by_area(contract.rules).keys() <= AREAS.keys()


def test_every_source_has_an_address_or_is_the_contract(contract: Contract) -> None:
    for name in contract.spec["x-sources"]:
        place = address(contract, name)
        assert place.startswith("https://") or "openapi.yaml" in place
        assert " " not in place or name == "contract"
