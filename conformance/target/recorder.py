"""What is made of every exchange: evidence, coverage, and what the next answers must show."""

import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import parsedate_to_datetime

from ..judging.coverage import Coverage
from ..judging.evidence import Evidence
from ..judging.exchange import Exchange
from ..judging.outcomes import Violation
from ..judging.watch import Watch
from .circuit import Circuit
from .freshness import Freshness

Observer = Callable[[Exchange, list[tuple[str, Violation | None]]], None]


class Recorder:
    """Shows each exchange to all who learn from it, and to the check that has asked for it."""

    def __init__(
        self, watch: Watch, evidence: Evidence, circuit: Circuit, freshness: Freshness
    ) -> None:
        self.watch = watch
        self.evidence = evidence
        self.circuit = circuit
        self.freshness = freshness
        self.coverage = Coverage(watch.contract)
        self.skew: int | None = None
        self.judging = True  # whether what comes is evidence

    def record(self, exchange: Exchange, observer: Observer | None) -> None:
        self.circuit.note(exchange.status)
        self.coverage.count(exchange)
        self.freshness.note(exchange)
        self.judge(exchange, observer)

    def judge(self, exchange: Exchange, observer: Observer | None) -> None:
        if not self.judging:
            return
        seen = self.watch.judge(exchange)
        exchange.broken = tuple(rule for rule, violation in seen if violation)
        for rule, _ in seen:
            self.evidence.count(rule)
        if observer:
            observer(exchange, seen)
        exchange.rest()

    def compare_clocks(self, exchange: Exchange) -> None:
        """How far the target's clock is ahead, from the first Date that it tells, in whole
        seconds: the header has no finer ones. No rule is judged by it."""
        date = exchange.answer_headers.get("date")
        if self.skew is None and date:
            with suppress(ValueError):
                self.skew = round(parsedate_to_datetime(date).timestamp() - time.time())
