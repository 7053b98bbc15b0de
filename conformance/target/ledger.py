"""The record of a run: evidence and findings by rule, and every session opened."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..judging.findings import Finding
from ..judging.outcomes import Blocked, Outcome
from .journal import Journal

__all__ = ["Book", "Ledger"]

FINDINGS_KEPT = 3


@dataclass
class Book:
    """What was seen of each rule. Safe to share between threads."""

    evaluated: Counter[str] = field(default_factory=Counter)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    outcomes: dict[str, tuple[Outcome, str]] = field(default_factory=dict)
    repeating: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def saw(self, rule: str) -> None:
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


@dataclass
class Ledger:
    """Every session that the run opened, and which of them it has seen final.

    `declared` are ids of no session, which checks write to on purpose; `foreign` sessions that
    the target gave and that cannot be proved to be the run's own; `lost` the channels of opens
    that were not answered, so that nobody knows what they opened, and that count as open;
    `doubtful` those of opens that were answered without a session, though there may be one.
    """

    opened: dict[str, str] = field(default_factory=dict)
    final: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)
    turns: int = 0
    opening: int = 0
    journal: Journal | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note_open(self, id: str) -> None:
        with self.lock:
            if id.lower() not in self.opened:
                self.opened[id.lower()] = id
                if self.journal:
                    self.journal.note_open(id)

    def note_final(self, id: str) -> None:
        with self.lock:
            if id.lower() not in self.final:
                self.final.add(id.lower())
                if self.journal:
                    self.journal.note_final(id)

    def owns(self, id: str) -> bool:
        """Whether the run may write to this id."""
        return id.lower() in self.opened or id.lower() in self.declared

    @contextmanager
    def one_open(self, budget: int) -> Iterator[None]:
        """Hold a place in the budget while an open is under way. Blocked where none is left."""
        with self.lock:
            if len(self.opened) + len(self.lost) + self.opening >= budget:
                raise Blocked(f"the budget of {budget} sessions is used up")
            self.opening += 1
        try:
            yield
        finally:
            with self.lock:
                self.opening -= 1

    def take_turn(self, budget: int) -> None:
        """Count a turn. Blocked where the budget has none left."""
        with self.lock:
            if self.turns >= budget:
                raise Blocked(f"the budget of {budget} turns is used up")
            self.turns += 1

    @property
    def unproven(self) -> set[str]:
        """The foreign sessions that no later answer has proved to be the run's own."""
        return self.foreign - self.opened.keys()

    @property
    def left_open(self) -> list[str]:
        """The sessions opened and not seen final, as the target spells them."""
        with self.lock:
            return [id for key, id in self.opened.items() if key not in self.final]
