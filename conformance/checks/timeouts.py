"""The sessions whose timeout a run waits for. They are opened before all else and looked at
last, so that the wait overlaps with every other check."""

import math
import threading
import time
from typing import Any

from ..judging.exchange import Exchange
from ..judging.outcomes import Blocked, Hiccup
from ..target.api import Api

TTL = 60  # seconds, or the nearest timeout that the contract allows
TURN_EVERY = 30.0  # seconds; what keeps a session active as long as the silent one is
SESSIONS = 3
PEAK = 2  # requests at a time: the watching thread's, beside those of the checks
PAUSE = 1.0  # seconds between two looks
LOOKS = 8  # at the talking session, once the silent one is final
LOOK_EVERY = 2.0  # seconds; all looks lie well within the timeout of its last turn


def turns(ttl: int, grace: float) -> int:
    """The most turns that the talking session is given."""
    return math.ceil((ttl + grace) / TURN_EVERY)


def longest(ttl: int, grace: float) -> float:
    """Seconds until all is seen."""
    return ttl + grace + LOOKS * LOOK_EVERY


def requests(ttl: int, grace: float) -> int:
    """The most requests of the sessions' own."""
    return SESSIONS + turns(ttl, grace) + math.ceil((ttl + grace) / PAUSE) + LOOKS


class Timeouts:
    """Three sessions: one that takes a turn every half timeout, one silent, one without a
    timeout.

    Only the suite's own clock is used, and only where an inequality is certain: a timeout
    counts from some moment between the sending of a request and the coming of its response.
    A thread looks at the silent session, so that an early end is seen when it happens.
    `first_final` is how many seconds after the open was sent the session was first seen
    final, None while it was not.

    The talking session is the older one. Whatever ends silent sessions, and however late it
    comes, it would have ended that one too, had no turn pushed its timeout out: so it is
    looked at as soon as the silent one is final.
    """

    def __init__(self, api: Api) -> None:
        self.api = api
        self.ttl = api.contract.timeouts.near(TTL)
        self.grace = api.config.ttl_grace
        self.talking = self._open(timeout=self.ttl)
        self.marker = api.marker()  # of the silent one's
        self.silent = self._open(timeout=self.ttl, data=api.marked(self.marker))
        self.endless = self._open()
        self.turns: list[Exchange] = []
        self.sights: list[Exchange] = []  # of the silent session
        self.looks: list[Exchange] = []  # at the talking one
        self.final: Exchange | None = None
        self.first_final: float | None = None
        self.cause = ""
        self.closed = threading.Event()
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()

    def close(self, seconds: float | None = None) -> None:
        """Stop watching; wait so long for the look that is under way."""
        self.closed.set()
        self.watcher.join(seconds)

    def wait(self) -> None:
        """Until the silent session was seen final, or its timeout and the grace passed.
        Blocked where the target could not be watched."""
        self.watcher.join()
        if self.cause:
            raise Blocked(self.cause)

    def _open(self, **members: Any) -> Exchange:
        try:
            return self.api.open(**members)
        except Hiccup:  # nothing counts these sessions, so that one more does no harm
            return self.api.open(**members)

    def _watch(self) -> None:
        try:
            limit = self.silent.finished + self.ttl + self.grace
            while time.monotonic() < limit and not self.closed.wait(PAUSE):
                self._talk()
                sight = self.api.get(self.silent.id)
                self.sights.append(sight)
                if self.api.resource.final(sight.session):
                    self.final, self.first_final = sight, sight.finished - self.silent.started
                    self._look()
                    return
        except Blocked as cause:
            self.cause = str(cause)

    def _talk(self) -> None:
        last = self.turns[-1] if self.turns else self.talking
        if last.ok and time.monotonic() >= last.finished + TURN_EVERY:
            self.turns.append(self.api.submit(self.talking.id))

    def _look(self) -> None:
        for _ in range(LOOKS):
            self.looks.append(self.api.get(self.talking.id))
            if self.closed.wait(LOOK_EVERY):
                return
