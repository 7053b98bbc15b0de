"""Runs what has failed again, so that a report tells a fault that comes and goes."""

from collections.abc import Callable, Iterable
from typing import Any

from ..judging.evidence import Evidence
from ..judging.outcomes import Violation
from ..registry import Check
from .plan import UNREPEATED


def repeat(
    checks: Iterable[Check],
    arguments: Callable[[Check], dict[str, Any]],
    evidence: Evidence,
    times: int,
) -> None:
    """Run each of these failed checks so many times more, and note in its findings how often
    it has failed. The evidence counts nothing else that is seen again."""
    evidence.repeating = True
    for check in checks:
        if check.pack in UNREPEATED:
            continue
        found = [f for f in evidence.findings[check.rule] if f.check == check.name]
        for _ in range(times):
            failed = _fails(check, arguments(check))
            if failed is None:
                break
            for finding in found:
                finding.runs += 1
                finding.failed += failed


def _fails(check: Check, arguments: dict[str, Any]) -> bool | None:
    """Whether the check fails once more; None where it cannot be evaluated."""
    try:
        check.function(**arguments)
    except Violation:
        return True
    except Exception:  # the rule is settled; only its repetition is given up
        return None
    return False
