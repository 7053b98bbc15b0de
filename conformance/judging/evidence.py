"""What a run has collected on each rule: how often it was judged, findings, an outcome."""

import threading
from collections import Counter
from dataclasses import dataclass, field

from .exchange import Exchange
from .outcomes import Outcome, Violation

Observation = tuple[str, Violation | None]  # a rule, and how an exchange broke it
FINDINGS_KEPT = 3  # of a rule; of the others only the number


@dataclass
class Finding:
    """One violation, with the exchanges that show it, oldest first. Its check was run `runs`
    times and failed in `failed` of them."""

    rule: str
    expected: str
    actual: str
    trace: tuple[Exchange, ...] = ()
    check: str = ""
    count: int = 1
    runs: int = 1
    failed: int = 1


@dataclass
class Evidence:
    """What was seen of each rule. Safe to share between threads."""

    evaluated: Counter[str] = field(default_factory=Counter)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    outcomes: dict[str, tuple[Outcome, str]] = field(default_factory=dict)
    repeating: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, rule: str) -> None:
        """Count one judgement of the rule."""
        with self.lock:
            self.evaluated[rule] += 1

    def add(self, finding: Finding) -> None:
        """Keep the finding; beyond the first few of a rule only their number is kept.

        While failed checks are repeated, only a rule without a finding gets one: what is seen
        again was counted already.
        """
        with self.lock:
            kept = self.findings.setdefault(finding.rule, [])
            if kept and self.repeating:
                return
            if len(kept) < FINDINGS_KEPT:
                kept.append(finding)
            else:
                kept[-1].count += 1

    def settle(self, rule: str, outcome: Outcome, reason: str = "") -> None:
        with self.lock:
            self.outcomes[rule] = (outcome, reason)
