"""How fast requests may go: the run's own rate, and what the target asks for."""

import math
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from ..judging.exchange import Exchange
from ..judging.outcomes import Blocked
from .budget import Budget

LONGEST_WAIT = 120.0  # seconds that the target may ask to be left alone for
SHORTEST_WAIT = 0.05


@dataclass
class Pace:
    """At most `rate` requests a second, over all threads; 0 for no limit."""

    rate: float
    next_at: float = 0.0
    paid: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.Lock()

    def wait(self, ends_at: float = math.inf) -> None:
        """Until a request may go. Blocked where that is not before the end."""
        if self.rate <= 0:
            return
        with self.lock:
            if self.paid:
                self.paid -= 1
                return
            pause = self._reserve(1)
        if time.monotonic() + pause > ends_at:
            raise Blocked(f"--rate {self.rate:g} leaves no time for another request")
        time.sleep(pause)

    def pay(self, requests: int) -> None:
        """Wait for so many requests beforehand: those that come next may go at once."""
        if self.rate <= 0:
            return
        with self.lock:
            pause = self._reserve(requests)
        time.sleep(pause)
        with self.lock:
            self.paid += requests

    def _reserve(self, requests: int) -> float:
        """Seconds until the last of so many requests may go."""
        now = time.monotonic()
        self.next_at = max(self.next_at, now) + requests / self.rate
        return max(self.next_at - 1 / self.rate - now, 0)


@dataclass
class Backoff:
    """Sends nothing before the time that the target has asked for, and nothing more at all
    where that is further away than the longest wait or the end of the budget."""

    until: float = 0.0
    refused: str = ""  # the first wait that was too long, in words

    def ask(self, exchange: Exchange) -> None:
        """Take up the Retry-After of an answer."""
        self.until = max(self.until, time.monotonic() + retry_after(exchange))

    def wait(self, budget: Budget) -> None:
        """Blocked where the wait is too long."""
        slept_to = 0.0
        while (until := self.until) > max(slept_to, time.monotonic()):
            pause = until - time.monotonic()
            if pause > LONGEST_WAIT or until > budget.ends_at:
                limit = "--max-seconds allows" if until > budget.ends_at else f"{LONGEST_WAIT:g} s"
                why = f"the target asked for {pause:.0f} s without a request (Retry-After)"
                self.refused = self.refused or f"{why}, more than {limit}"
                raise Blocked(self.refused)
            time.sleep(max(pause, 0.0))
            slept_to = until


def retry_after(exchange: Exchange) -> float:
    """Seconds to wait, from seconds or a date; one second where the header says nothing."""
    value = exchange.answer_headers.get("retry-after", "1")
    try:
        wait = float(value)
    except ValueError:
        try:
            wait = parsedate_to_datetime(value).timestamp() - _time_at_target(exchange)
        except (ValueError, OverflowError, OSError):
            wait = 1.0
    return max(wait, SHORTEST_WAIT) if math.isfinite(wait) else 1.0


def _time_at_target(exchange: Exchange) -> float:
    """The target's own time, whose clock may be another than ours."""
    with suppress(ValueError):
        return parsedate_to_datetime(exchange.answer_headers.get("date", "")).timestamp()
    return time.time()
