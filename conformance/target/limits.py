"""What a run keeps within while it sends: pace, time, and a target that has gone down."""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import httpx

from ..judging.exchange import Exchange
from ..judging.outcomes import Blocked

__all__ = ["GATEWAY_ERRORS", "Circuit", "Deadline", "Pace", "Patience", "body_of", "retry_after"]

GATEWAY_ERRORS = (502, 503, 504)
LARGEST = 64 * 1024 * 1024  # bytes of an answer


@dataclass
class Pace:
    """At most `rate` requests a second, over all threads; 0 for no limit."""

    rate: float
    next_at: float = 0.0
    paid: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.Lock()

    def wait(self) -> None:
        if self.rate <= 0:
            return
        with self.lock:
            if self.paid:
                self.paid -= 1
                return
            pause = self._book(1)
        time.sleep(pause)

    def pay(self, requests: int) -> None:
        """Wait for so many requests beforehand: those that come next may go at once."""
        if self.rate <= 0:
            return
        with self.lock:
            pause = self._book(requests)
        time.sleep(pause)
        with self.lock:
            self.paid += requests

    def _book(self, requests: int) -> float:
        """Seconds until the last of so many requests may go."""
        now = time.monotonic()
        self.next_at = max(self.next_at, now) + requests / self.rate
        return max(self.next_at - 1 / self.rate - now, 0)


@dataclass
class Patience:
    """Nothing is sent before the time that the target has asked for, and nothing more at all
    where that is further away than `longest` seconds or the deadline."""

    longest: float
    until: float = 0.0
    refused: str = ""  # the first wait that was too long, in words

    def ask(self, seconds: float) -> None:
        self.until = max(self.until, time.monotonic() + seconds)

    def wait(self, deadline: Deadline) -> None:
        """Blocked where the wait is too long."""
        slept_to = 0.0
        while (until := self.until) > max(slept_to, time.monotonic()):
            pause = until - time.monotonic()
            if pause > self.longest or until > deadline.at:
                limit = "--max-seconds allows" if until > deadline.at else f"{self.longest:g} s"
                why = f"the target asked for {pause:.0f} s without a request (Retry-After)"
                self.refused = self.refused or f"{why}, more than {limit}"
                raise Blocked(self.refused)
            time.sleep(max(pause, 0.0))
            slept_to = until


@dataclass
class Deadline:
    """No request after so many seconds; 0 for no limit."""

    seconds: float
    at: float = field(init=False)

    def __post_init__(self) -> None:
        self.at = time.monotonic() + self.seconds if self.seconds > 0 else math.inf

    def check(self) -> None:
        """Blocked when the time is over."""
        if time.monotonic() > self.at:
            raise Blocked(f"the budget of {self.seconds:g} seconds is used up")

    def lift(self) -> None:
        self.at = math.inf


class TooLarge(httpx.TransportError):
    """An answer holds more than any of the contract's would."""


def body_of(answer: httpx.Response, seconds: float, deadline: Deadline) -> bytes:
    """The body of an answer whose head has come.

    Raises httpx.ReadTimeout when the seconds or the deadline are over before it is whole,
    TooLarge when it grows beyond LARGEST: httpx itself limits each wait alone.
    """
    until, parts, size = min(time.monotonic() + seconds, deadline.at), [], 0
    for part in answer.iter_bytes():
        parts.append(part)
        size += len(part)
        if time.monotonic() > until:
            raise httpx.ReadTimeout(f"{size} bytes came, and no end of them in time")
        if size > LARGEST:
            raise TooLarge(f"more than {LARGEST} bytes came")
    return b"".join(parts)


class Circuit:
    """Breaks when the target looks down, and then lets nothing more through: after so many
    requests in a row without an answer, or answered by a gateway alone."""

    def __init__(self, silences: int, gateway_errors: int) -> None:
        self.most_silences, self.most_gateway_errors = silences, gateway_errors
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.unanswered = 0
        self.gateway_errors = 0

    def note(self, status: int | None) -> None:
        """What a request was answered; None for nothing. A broken circuit stays broken,
        whatever requests that were under way are answered."""
        with self.lock:
            if self.broken:
                return
            self.unanswered = self.unanswered + 1 if status is None else 0
            self.gateway_errors = self.gateway_errors + 1 if status in GATEWAY_ERRORS else 0

    @property
    def broken(self) -> str:
        """Why nothing more is sent, empty while all is well."""
        if self.unanswered >= self.most_silences:
            return f"the target left {self.unanswered} requests in a row unanswered"
        if self.gateway_errors >= self.most_gateway_errors:
            return f"the target answered {self.gateway_errors} requests in a row 502, 503 or 504"
        return ""

    def check(self) -> None:
        """Blocked when the circuit is broken."""
        if cause := self.broken:
            raise Blocked(cause)


def retry_after(exchange: Exchange) -> float:
    """Seconds to wait, from seconds or a date; one second where the header says nothing."""
    value = exchange.answer_headers.get("retry-after", "1")
    try:
        wait = float(value)
    except ValueError:
        try:
            wait = parsedate_to_datetime(value).timestamp() - _told_time(exchange)
        except ValueError:
            wait = 1.0
    return max(wait, 0.05) if math.isfinite(wait) else 1.0


def _told_time(exchange: Exchange) -> float:
    """The target's own time, whose clock may be another than ours."""
    with suppress(ValueError):
        return parsedate_to_datetime(exchange.answer_headers.get("date", "")).timestamp()
    return time.time()
