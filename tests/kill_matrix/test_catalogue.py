"""The catalogue is sound: it names rules that exist, and its patches fit the mock as it is."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import pytest

from conformance.registry import pack_of

from .catalogue import MUTANTS
from .fast import FAST_CHOICES, FAST_MUTANTS
from .matrix import choices
from .page import PAGE, without_mutant
from .patch import Patch
from .runs import contract


def plant_each(names: list[str]) -> list[str]:
    """Plant every mutant over the others, in a process of its own; gives what went wrong."""
    faults = []
    for name in names:
        try:
            MUTANTS[name].plant(Patch())
        except Exception as error:
            faults.append(f"{name}: {error!r}")
    return faults


def test_every_mutant_names_a_rule_that_has_a_check() -> None:
    assert [m.name for m in MUTANTS.values() if pack_of(contract(), m.rule) is None] == []


def test_every_checked_rule_has_a_mutant_or_a_reason() -> None:
    reasons = {id: why for id, why in without_mutant().items() if why == "none yet."}
    assert reasons == {}
    levels = {contract().rules[id].level for id in without_mutant() if pack_of(contract(), id)}
    assert "MUST" not in levels


def test_every_patch_fits_the_mock() -> None:
    with ProcessPoolExecutor(1) as pool:
        assert pool.submit(plant_each, list(MUTANTS)).result() == []


@pytest.mark.parametrize("pack", ["races", "ttl", "webhooks"])
def test_what_takes_time_has_enough_mutants(pack: str) -> None:
    wanted = {"races": 10, "ttl": 6, "webhooks": 10}[pack]
    assert sum(pack_of(contract(), m.rule) == pack for m in MUTANTS.values()) >= wanted


def test_the_fast_part_names_what_exists() -> None:
    assert [name for name in FAST_MUTANTS if name not in MUTANTS] == []
    legal = {task.choice for _, _, task in choices(1)}
    assert [name for name in FAST_CHOICES if name not in legal] == []


def test_the_page_holds_every_mutant() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in MUTANTS if f"`{name}`" not in page] == []
