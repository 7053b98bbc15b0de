"""The sessions whose timeout a run waits for. They are opened before all else and looked at
last, so that the wait overlaps with every other check."""

from __future__ import annotations

import threading
import time

from conformance.api import Api
from conformance.exchange import Exchange
from conformance.findings import Blocked

__all__ = ["GRACE", "TTL", "Timeouts"]

TTL = 60  # seconds; the shortest timeout that the contract allows
TURN_AT = 30.0  # seconds after the open at which one session is given a turn
GRACE = 75.0  # seconds beyond the timeout: a sweeper that cron starts comes once a minute
PAUSE = 1.0  # seconds between two looks


class Timeouts:
    """Three sessions: one silent, one that takes a turn half-way, one without a timeout.

    Only the suite's own clock is used, and only where an inequality is certain: a timeout
    counts from some moment between the sending of a request and the coming of its response.
    A thread looks at the silent session, so that an early end is seen when it happens.
    `first_final` is how many seconds after the open was sent the session was first seen
    final, None while it was not.
    """

    def __init__(self, api: Api) -> None:
        self.api = api
        self.silent = api.open(ttl_seconds=TTL)
        self.talking = api.open(ttl_seconds=TTL)
        self.endless = api.open()
        self.turn: Exchange | None = None
        self.final: Exchange | None = None
        self.first_final: float | None = None
        self.cause = ""
        self.closed = threading.Event()
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()

    def close(self) -> None:
        self.closed.set()
        self.watcher.join()

    def wait(self) -> None:
        """Until the silent session was seen final, or its timeout and the grace passed.
        Blocked where the target could not be watched."""
        self.watcher.join()
        if self.cause:
            raise Blocked(self.cause)

    def _watch(self) -> None:
        try:
            limit = self.silent.finished + TTL + GRACE
            while time.monotonic() < limit and not self.closed.wait(PAUSE):
                self._talk()
                sight = self.api.get(self.silent.id)
                if sight.session["is_final"] is True:
                    self.final, self.first_final = sight, sight.finished - self.silent.started
                    return
        except Blocked as cause:
            self.cause = str(cause)

    def _talk(self) -> None:
        due = self.talking.finished + TURN_AT
        if self.turn is None and time.monotonic() >= due:
            self.turn = self.api.submit(self.talking.id)
