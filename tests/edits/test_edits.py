"""The catalogue of edits is sound, a few of them are followed, and what is wrong is called so."""

from __future__ import annotations

import pytest

from conformance.contract.document import Contract, find_contract
from conformance.registry import pack_of

from .catalogue import EDITS
from .measure import measure
from .page import PAGE, Table, between
from .sight import FAULT, FOLLOWED, REFUSED, Run, Sight

FAST = ("pages-of-50", "list-without-a-key")
GOOD = Sight("an-edit", obedient=Run("who obeys"), disobedient=Run("who does not", {"END-01": ""}))


def test_every_edit_names_rules_and_edits_that_exist() -> None:
    contract = Contract(find_contract())
    for edit in EDITS.values():
        own = {rule["id"] for rule in edit.entry.get("add", {}).values() if "kind" in rule}
        unchecked = [id for id in edit.blames if not pack_of(contract, id)]
        assert {*unchecked} <= own, edit.name
        assert edit.old is None or edit.old in EDITS, edit.name
        assert "|" not in edit.wish, edit.name


def test_the_page_holds_every_edit() -> None:
    assert between(PAGE.read_text(encoding="utf-8")) == f"\n{Table.last()}"


@pytest.mark.parametrize("name", FAST)
def test_an_edit_is_followed(name: str) -> None:
    sight = measure(name, fast=True)
    assert (sight.faults, sight.verdict) == ([], FOLLOWED)


def test_what_is_as_it_should_be() -> None:
    assert GOOD.verdict == FOLLOWED
    assert Sight("an-edit", "line 1", "line 1", "line 1").verdict == REFUSED


@pytest.mark.parametrize(
    "sight",
    [
        Sight("refused-by-the-lint", lint="line 1"),
        Sight("refused-by-the-mock", "line 1", "line 1", ""),
        Sight("refused-by-the-suite", "line 1", "", "line 1"),
        Sight("refused-otherwise", "line 1", "line 1", "line 2"),
        Sight("not-lived-by", unlived="assert 1 == 2"),
        Sight("obedient-accused", obedient=Run("who obeys", {"END-01": ""})),
        Sight("obedient-not-judged", obedient=Run("who obeys", blocked="no agent")),
        Sight("disobedient-acquitted", disobedient=Run("who does not")),
        Sight("suite-broken", disobedient=Run("who does not", {"END-01": ""}, crash="KeyError")),
        Sight("all-broken", crash="KeyError"),
    ],
    ids=lambda sight: sight.name,
)
def test_what_is_a_fault(sight: Sight) -> None:
    assert sight.verdict == FAULT
    assert len(sight.faults) == 1
