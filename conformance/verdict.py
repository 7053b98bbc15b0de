"""From outcomes to one word and one exit code."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.contract import Rule
from conformance.findings import Outcome

__all__ = ["EXIT_CODES", "USAGE_ERROR", "judge"]

EXIT_CODES = {"conformant": 0, "non-conformant": 1, "inconclusive": 3, "harness-fault": 4}
USAGE_ERROR = 2


def judge(
    rules: Mapping[str, Rule], outcomes: Mapping[str, tuple[Outcome, str]], *, strict: bool = False
) -> str:
    """The verdict on the rules that were selected.

    A broken MUST decides, whatever else happened. Otherwise a fault of the suite, then a
    selected MUST that could not be evaluated, keep the run from saying "conformant".
    """
    of = {id: outcome for id, (outcome, _) in outcomes.items()}
    if "fail" in of.values() or (strict and "warn" in of.values()):
        return "non-conformant"
    if "error" in of.values():
        return "harness-fault"
    unrun = [id for id, outcome in of.items() if outcome == "not-run"]
    if any(strict or rules[id].level == "MUST" for id in unrun):
        return "inconclusive"
    if not any(outcome in ("pass", "warn") for outcome in of.values()):
        return "inconclusive"
    return "conformant"
