"""What the runs add up to: which mutants were killed, by what, and who was accused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from .catalogue import MUTANTS
from .runs import FAULT, Sight

KILLED = "killed"
# An error without a problem document is legal and yet warned of: the project's own taste.
TASTE = {("error_body=text", "ERR-01"), ("error_body=empty", "ERR-01")}


def fate(sight: Sight) -> str:
    """Killed by its own rule; by others only; not at all; or the suite itself failed."""
    if sight.verdict == FAULT or "error" in sight.fired.values():
        return FAULT
    if MUTANTS[sight.task.mutant].rule in sight.fired:
        return KILLED
    return "by others only" if sight.fired else "survived"


def accused(sight: Sight) -> dict[str, str]:
    """What an innocent mock was wrongly told, by rule; empty when it was judged rightly."""
    wrong = {
        id: reason
        for id, reason in sight.reasons.items()
        if sight.fired.get(id) != "warn" or (sight.task.choice, id) not in TASTE
    }
    if not wrong and sight.verdict != "conformant":
        wrong["verdict"] = sight.verdict
    return wrong


def line(sight: Sight) -> str:
    """One run in one line."""
    if sight.task.choice:
        wrong = accused(sight)
        told = "; ".join(f"{id}: {reason}" for id, reason in wrong.items()) or "no finding"
        return f"{sight.task.choice:44} seed {sight.seed:<4}{told}"
    rule = MUTANTS[sight.task.mutant].rule
    rules = [id for id in sight.fired if id == rule] + [id for id in sight.fired if id != rule]
    told = f"{len(rules):2}  {' '.join(rules)}"
    return f"{sight.task.mutant:44} {rule:9}{fate(sight):16}{told}"


def figures(fates: Sequence[str], fired: Sequence[int] = ()) -> str:
    """Killed of all and, where every rule could, how many rules fired for one mutant."""
    if not fates:
        return "no mutant was run"
    told = f"{fates.count(KILLED)} of {len(fates)} mutants are killed by their own rule"
    if not fired:
        return told
    most = f"median {median(fired):g}, most {max(fired)}"
    return f"{told}; rules that fire for one mutant: {most}"


def choice_figures(sights: Iterable[Sight]) -> str:
    """Runs against innocent mocks, and how many were wrongly judged."""
    sights = list(sights)
    if not sights:
        return "no legal choice was tried"
    wrong = sum(bool(accused(sight)) for sight in sights)
    legal = len({sight.task.choice for sight in sights})
    return f"{len(sights)} runs under {legal} legal choices: {wrong} wrongly accused"
