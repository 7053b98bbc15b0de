"""Whether a retrieve shows what was answered before it, or the session as it was a while ago.

A target may retrieve from a replica that lags behind. That is one fault (GET-04), by which most
other rules would seem broken: so what lags is awaited, and they are judged by what comes then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..contract.ids import Paths, canonical
from ..judging.equivalence import goes_back, same_messages
from ..judging.evidence import Observation
from ..judging.exchange import ABSENT, Exchange, Json
from ..judging.outcomes import Violation

RULE = "GET-04"
LONGEST_LAG = 2.0  # seconds after which what a retrieve lacks counts as lost, and not as late
PAUSE = 0.1
SLACK = 1.5  # how much longer than it has lagged so far a replica is given


@dataclass(frozen=True)
class Known:
    """What answers have told of a session: its end, how much was said, and the last turn."""

    final: bool = False
    count: int = 0
    turn: tuple[Any, ...] = ()
    active: object = None


class Freshness:
    """Compares each retrieve with all earlier answers. Safe to share between threads."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.known: dict[str, tuple[Known, float]] = {}  # with when an answer last told more
        self.lag = 0.0  # seconds, the most that was seen
        self.hopeless = False  # once something was missing for good, nothing is awaited
        self.lock = threading.Lock()

    def note(self, exchange: Exchange) -> None:
        """Remember what an answer tells."""
        if not exchange.ok or exchange.json is ABSENT:
            return
        with self.lock:
            for id, latest in _known_sessions(exchange, self.paths):
                before, _ = self.known.get(id, (None, 0.0))
                after = _together(before or Known(), latest)
                if after != before:
                    self.known[id] = after, exchange.finished

    def wait(self, draft: Exchange) -> None:
        """Give a replica that lags the time to catch up, before it is asked."""
        _, at = self.known.get(self.paths.named(draft.path), (None, 0.0))
        if self.lag and draft.operation == "getChat":
            time.sleep(max(0.0, at + self.lag * SLACK - time.monotonic()))

    def behind(self, exchange: Exchange) -> bool:
        """Whether a retrieve lacks something that an answer had told before it began."""
        known, at = self.known.get(self.paths.named(exchange.path), (None, 0.0))
        if known is None or exchange.operation != "getChat" or exchange.started <= at:
            return False
        if exchange.status == 404:
            return True
        body = exchange.json
        return exchange.ok and isinstance(body, dict) and _lacks(body, known)

    def await_current(
        self, exchange: Exchange, again: Callable[[], Exchange]
    ) -> tuple[Exchange, Observation | None]:
        """The answer, or where it lags behind an earlier one, the first that does no more; and
        what that gives evidence of."""
        for _ in self._pauses(exchange):
            later = again()
            if not self.behind(later):
                exchange.broken = (RULE,)
                return later, (RULE, self._late(later))
        if exchange.status == 404 and self.behind(exchange):
            wanted = "the session, which an answer has told of"
            return exchange, ("GET-01", Violation(wanted, exchange.summary))
        return exchange, None

    def _pauses(self, exchange: Exchange) -> Iterator[float]:
        """Pauses for as long as it is open whether what a retrieve lacks is only late."""
        if self.hopeless or not self.behind(exchange):
            return
        longest = self.lag * 2 * SLACK or LONGEST_LAG
        while time.monotonic() < exchange.finished + longest:
            time.sleep(PAUSE)
            yield PAUSE
        self.hopeless = not self.lag

    def _late(self, exchange: Exchange) -> Violation:
        """The violation that this is the first retrieve to show what earlier ones lacked."""
        _, at = self.known[self.paths.named(exchange.path)]
        lag = exchange.started - at
        self.lag = max(self.lag, lag)
        return Violation("what was answered before", f"an older state, for up to {lag:.1f} s")


def _known_sessions(exchange: Exchange, paths: Paths) -> Iterator[tuple[str, Known]]:
    """What an answer tells of each session in it."""
    body = exchange.json
    if not isinstance(body, dict):
        return
    if exchange.operation == "submitMessage":
        turn = body.get("messages")
        said = tuple(turn) if isinstance(turn, list) else ()
        yield paths.named(exchange.path), Known(body.get("is_final") is True, turn=said)
        return
    items = body.get("items") if exchange.operation == "listChats" else [body]
    for session in items if isinstance(items, list) else ():
        if isinstance(session, dict) and isinstance(session.get("id"), str):
            yield canonical(session["id"]), _shown(session)


def _shown(session: Json) -> Known:
    messages = session.get("messages")
    count = len(messages) if isinstance(messages, list) else 0
    return Known(session.get("is_final") is True, count, active=session.get("last_activity"))


def _together(before: Known, latest: Known) -> Known:
    older = latest.active is None or goes_back(before.active, latest.active)
    return Known(
        before.final or latest.final,
        max(before.count, latest.count),
        latest.turn or before.turn,
        before.active if older else latest.active,
    )


def _lacks(session: Json, known: Known) -> bool:
    shown = _shown(session)
    if (known.final and not shown.final) or goes_back(known.active, shown.active):
        return True
    messages = session.get("messages")
    if not isinstance(messages, list):
        return False
    here = (any(same_messages([said], [message]) for message in messages) for said in known.turn)
    return len(messages) < known.count or not all(here)
