"""The one clock: it tells the time, and everything that waits waits on it."""

import asyncio
import heapq
import itertools
import time
from typing import NamedTuple

from .instants import SECOND

_SETTLE_ROUNDS = 20
_FEW = 64


class ClockState(NamedTuple):
    """Where a clock stands, if it is frozen, and how far it is ahead of the wall."""

    frozen_at: int | None
    offset: int


class Clock:
    """Microseconds since 1970, forward only; on the wall, shifted by an offset, or frozen.

    Waiters form a due-list. While the clock runs the event loop wakes them; `move` wakes
    those who are due at the instant that it goes to, in the order of their time.
    """

    def __init__(self, frozen_at: int | None = None, resolution: int = 1) -> None:
        self.resolution = resolution
        self._first = ClockState(frozen_at, 0)
        self._frozen_at = frozen_at
        self._origin = time.time_ns() // 1000
        self._started = time.monotonic_ns()
        self._offset = 0
        self._due: list[tuple[int, int, asyncio.Future[None]]] = []
        self._crowd = _FEW
        self._order = itertools.count()
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def frozen(self) -> bool:
        """Whether time stands still until it is advanced."""
        return self._frozen_at is not None

    @property
    def offset(self) -> int:
        """How far the clock is ahead of the wall, in microseconds."""
        if self._frozen_at is None:
            return self._offset
        return self._frozen_at - self.wall()

    @property
    def mode(self) -> str:
        """`wall`, `frozen` or `offset`."""
        return "frozen" if self.frozen else "offset" if self._offset else "wall"

    @property
    def state(self) -> ClockState:
        """Where the clock stands and how it goes."""
        return ClockState(self._frozen_at, self._offset)

    def now(self) -> int:
        return self._frozen_at if self._frozen_at is not None else self._wall()

    def stamp(self) -> int:
        """The present instant as it is recorded, cut to the clock's resolution."""
        return self.now() // self.resolution * self.resolution

    def freeze(self) -> None:
        """Stop time where it is."""
        self._frozen_at = self.now()
        self._disarm()

    def resume(self) -> None:
        """Let time run on from where it stands."""
        if self._frozen_at is None:
            return
        now, self._frozen_at = self._frozen_at, None
        self._offset += now - self._wall()
        self._arm()

    def run(self, offset: int) -> None:
        """Let time run on this far ahead of the wall. Raises ValueError for going back."""
        if self.wall() + offset < self.now():
            raise ValueError("a clock goes forward only")
        self._frozen_at, self._offset = None, offset
        self._arm()

    def next_due(self) -> int | None:
        """The instant at which the next waiter is due, or None when nobody waits."""
        self._drop_cancelled()
        return self._due[0][0] if self._due else None

    async def sleep(self, seconds: float) -> None:
        """Wait for a span of this clock's time."""
        await self.sleep_until(self.now() + round(seconds * SECOND))

    async def sleep_until(self, instant: int) -> None:
        if instant <= self.now():
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._drop_many()
        heapq.heappush(self._due, (instant, next(self._order), waiter))
        self._arm()
        await waiter

    async def wait(self, event: asyncio.Event, until: int | None) -> None:
        """Wait for the event, at most until the instant; None sets no limit."""
        if until is None:
            await event.wait()
            return
        waits = {
            asyncio.ensure_future(event.wait()),
            asyncio.ensure_future(self.sleep_until(until)),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def move(self, instant: int) -> bool:
        """Go forward to an instant and wake those who are due; say whether anybody was."""
        self._set(instant)
        return self._fire()

    def restore(self, state: ClockState | None = None) -> None:
        """Stand and go as then, or as in the beginning, and wake every waiter.

        This alone may go back in time: it is for a sandbox whose state is replaced too.
        """
        self._frozen_at, self._offset = state or self._first
        waiting, self._due = self._due, []
        for _, _, waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._disarm()

    def wall(self) -> int:
        """The time that the wall has, whatever this clock says."""
        return self._origin + (time.monotonic_ns() - self._started) // 1000

    def _wall(self) -> int:
        return self.wall() + self._offset

    def _set(self, instant: int) -> None:
        if self._frozen_at is not None:
            self._frozen_at = max(instant, self._frozen_at)
        else:
            self._offset += max(0, instant - self._wall())

    def _fire(self) -> bool:
        now, fired = self.now(), False
        while self._due and self._due[0][0] <= now:
            waiter = heapq.heappop(self._due)[2]
            if not waiter.done():
                waiter.set_result(None)
                fired = True
        self._arm()
        return fired

    def _arm(self) -> None:
        self._disarm()
        if self.frozen:
            return
        due = self.next_due()
        if due is None:
            return
        delay = max(0, due - self.now()) / SECOND
        self._alarm = asyncio.get_running_loop().call_later(delay, self._fire)

    def _disarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _drop_many(self) -> None:
        """Drop those that gave up waiting for a late instant, as soon as they may be the most."""
        if len(self._due) >= self._crowd:
            self._due = [waiting for waiting in self._due if not waiting[2].done()]
            heapq.heapify(self._due)
            self._crowd = 2 * len(self._due) + _FEW

    def _drop_cancelled(self) -> None:
        while self._due and self._due[0][2].done():
            heapq.heappop(self._due)


async def settle() -> None:
    """Let woken tasks run until they wait again."""
    for _ in range(_SETTLE_ROUNDS):
        await asyncio.sleep(0)
