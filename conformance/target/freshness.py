"""Whether reads show what was answered before them, or sessions as they were a while ago.

A target may read from a replica, or list from an index, that lags behind. Each is one fault, of
which a rule of the kind `fresh` tells, and by which most other rules would seem broken: so what
lags is awaited, and they are judged by what comes then.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..contract.document import Contract
from ..judging.evidence import Observation
from ..judging.exchange import ABSENT, Exchange
from ..judging.outcomes import Violation
from .known import Known, Selection, items, known_sessions

LONGEST_LAG = 2.0  # seconds after which what a read lacks counts as lost, and not as late
PAUSE = 0.1
SLACK = 1.5  # how much longer than it has lagged so far a replica is given

Lacking = frozenset[str]  # the sessions of which a read lacks something


@dataclass
class Lag:
    """How far one operation lags."""

    rule: str
    longest: float = 0.0  # seconds, the most that was seen
    hopeless: bool = False  # once something was missing for good, nothing is awaited

    @property
    def patience(self) -> float:
        """How long what is missing may be late, in seconds."""
        return self.longest * 2 * SLACK or LONGEST_LAG


class Freshness:
    """Compares each read with all earlier answers. Safe to share between threads."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.paths = contract.paths
        self.known: dict[str, Known] = {}
        self.lags = {role: Lag(contract.carrier("fresh", role)) for role in ("read", "list")}
        self.lock = threading.Lock()

    def note(self, exchange: Exchange) -> None:
        """Remember what an answer tells."""
        if not exchange.ok or exchange.json is ABSENT:
            return
        with self.lock:
            for id, latest in known_sessions(exchange):
                before = self.known.get(id)
                after = (before or Known()).and_then(latest)
                if after != before:
                    self.known[id] = after

    def forget(self, id: str) -> None:
        """Expect nothing of a session's next read."""
        with self.lock:
            self.known.pop(id, None)

    def wait(self, draft: Exchange) -> None:
        """Give a replica that lags the time to catch up, before it is asked."""
        lag = self.lags.get(draft.role or "")
        if not lag or not lag.longest:
            return
        if draft.role == "read":
            at = self._noted_at(self.paths.named(draft.path))
        else:
            channel = Selection(draft).channel
            every = self._all().values()
            times = (known.at for known in every if channel in (None, known.channel))
            at = max(times, default=0.0)
        time.sleep(max(0.0, at + lag.longest * SLACK - time.monotonic()))

    def await_current(
        self, exchange: Exchange, again: Callable[[], Exchange]
    ) -> tuple[Exchange, Observation | None]:
        """The answer, or where it lags behind an earlier one, the first that does no more; and
        what that gives evidence of."""
        lag, lacking = self.lags.get(exchange.role or ""), self.lacking(exchange)
        if lag is None or not lacking:
            return exchange, None
        for _ in _pauses(exchange, lag):
            later = again()
            if later.status != 404 and not _is_readable(later):
                return later, None
            if self.lacking(later, exchange.started):
                continue
            if not (late := self._late(exchange, later, lacking)):
                return exchange, None  # what was missing has changed meanwhile
            exchange.broken = (lag.rule,)
            return later, (lag.rule, self._violation(later, late, lag))
        if exchange.status == 404 and self.lacking(exchange):
            wanted = "the session, which an answer has told of"
            rule = self.contract.carrier("alike", "create")
            return exchange, (rule, Violation(wanted, exchange.summary))
        return exchange, None

    def lacking(self, exchange: Exchange, asked: float = 0.0) -> Lacking:
        """The sessions of which a read lacks what an answer had told before it began, or for a
        list a moment before it was first `asked`: what is older, it has lost."""
        if exchange.role == "read":
            return self._retrieved(exchange)
        if exchange.role == "list" and _is_readable(exchange):
            return self._listed(exchange, asked or exchange.started)
        return Lacking()

    def _retrieved(self, exchange: Exchange) -> Lacking:
        id = self.paths.named(exchange.path)
        known = self.known.get(id)
        if known is None or exchange.started <= known.at:
            return Lacking()
        readable = _is_readable(exchange)
        behind = known.lacks(exchange.json, self.contract) if readable else exchange.status == 404
        return Lacking({id} if behind else ())

    def _listed(self, exchange: Exchange, asked: float) -> Lacking:
        names, selection = exchange.resource, Selection(exchange)
        page, every = exchange.json, self._all()
        shown = items(page, names)
        wanted = {id for id, known in every.items() if selection.has(known)}
        patience = self.lags["list"].patience
        stale: set[str] = set()
        absent: set[str] = set()
        for id, known in every.items():
            if not (known.at < exchange.started and asked < known.at + patience):
                continue
            if id in shown and (known.lacks(shown[id], self.contract) or selection.excludes(known)):
                stale.add(id)
            elif id in wanted and id not in shown:
                absent.add(id)
        if not selection.is_whole(page) and _total(exchange) >= len(wanted):
            absent.clear()  # the other pages may have them
        return Lacking(stale | absent)

    def _all(self) -> dict[str, Known]:
        with self.lock:
            return self.known.copy()

    def _noted_at(self, id: str) -> float:
        return self.known.get(id, Known()).at

    def _late(self, exchange: Exchange, later: Exchange, lacking: Lacking) -> Lacking:
        """What was late for certain. What a list lacks may have changed since it was told of, as
        when a session ends of itself: but not if it is there at last."""
        if exchange.role == "read":
            return lacking
        seen = {id for one in (exchange, later) for id in items(one.json, one.resource)}
        grown = _total(later) > _total(exchange)
        still = lacking & self.lacking(exchange)  # by all that has been noted by now
        return Lacking(id for id in still if id in seen or grown)

    def _violation(self, later: Exchange, late: Lacking, lag: Lag) -> Violation:
        """The violation that this is the first read to show what earlier ones lacked."""
        seconds = later.started - max(self._noted_at(id) for id in late)
        lag.longest = max(lag.longest, seconds)
        return Violation("what was answered before", f"an older state, for up to {seconds:.1f} s")


def _pauses(exchange: Exchange, lag: Lag) -> Iterator[float]:
    """Pauses for as long as it is open whether what a read lacks is only late."""
    if lag.hopeless:
        return
    end = exchange.finished + lag.patience
    while time.monotonic() < end:
        time.sleep(PAUSE)
        yield PAUSE
    lag.hopeless = not lag.longest


def _is_readable(exchange: Exchange) -> bool:
    body = exchange.json if exchange.ok else None
    is_list = exchange.role == "list"
    return isinstance(body, dict) and (
        not is_list or isinstance(body.get(exchange.resource.items), list)
    )


def _total(exchange: Exchange) -> int:
    """How many sessions the list has in all, by what it says."""
    total = exchange.json.get(exchange.resource.total)
    return total if isinstance(total, int) else sys.maxsize
