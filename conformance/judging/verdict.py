"""From outcomes to one word and one exit code."""

from collections.abc import Mapping
from typing import Any

from ..contract.rules import Rule
from .outcomes import Outcome

EXIT_CODES = {"conformant": 0, "non-conformant": 1, "inconclusive": 3, "harness-fault": 4}
USAGE_ERROR = 2


def judge(
    rules: Mapping[str, Rule],
    outcomes: Mapping[str, tuple[Outcome, str]],
    *,
    strict: bool = False,
    cause: str = "",
    fault: str = "",
) -> str:
    """The verdict on the rules that were selected.

    A broken MUST decides, whatever else happened. Otherwise a fault of the suite, then a
    selected MUST that could not be evaluated, keep the run from saying "conformant"; so do a
    `fault` and a `cause` that concern the run as a whole.
    """
    of = {id: outcome for id, (outcome, _) in outcomes.items()}
    if "fail" in of.values() or (strict and "warn" in of.values()):
        return "non-conformant"
    if fault or "error" in of.values():
        return "harness-fault"
    unrun = [id for id, outcome in of.items() if outcome == "not-run"]
    if cause or any(strict or rules[id].level == "MUST" for id in unrun):
        return "inconclusive"
    if not any(outcome in ("pass", "warn") for outcome in of.values()):
        return "inconclusive"
    return "conformant"


def headline(report: Mapping[str, Any]) -> str:
    """The verdict in words; an untrue baseline stands beside it, as it decides the exit code."""
    stale = _stale(report)
    return f"{report['verdict']}, with a stale baseline" if stale else str(report["verdict"])


def tone(report: Mapping[str, Any]) -> str:
    """The verdict whose colour the run is shown in: a stale baseline is as red as a failure."""
    red = _stale(report) and report["verdict"] != "harness-fault"
    return "non-conformant" if red else str(report["verdict"])


def _stale(report: Mapping[str, Any]) -> bool:
    return bool(report.get("baseline", {}).get("stale"))
