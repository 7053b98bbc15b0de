"""Domain events: what happened in a sandbox, in order, for whoever waits for it."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .clock import Clock

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `at` in microseconds since 1970, `id` counts up from 1."""

    id: int
    type: str
    at: int
    session_id: str
    facts: Mapping[str, Any]

    def matches(self, wanted: Mapping[str, Any]) -> bool:
        return all(self._member(name) == value for name, value in wanted.items())

    def _member(self, name: str) -> Any:
        return getattr(self, name) if name in ("type", "session_id") else self.facts.get(name)


class Events:
    """The latest events of one sandbox. The ids go on after `clear`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.kept: deque[Event] = deque(maxlen=_KEPT)
        self.last_id = 0
        self._collectors: list[list[Event]] = []
        self._lookers: list[Callable[[Event], None]] = []
        self._waiters: list[asyncio.Future[None]] = []

    def emit(self, type: str, session_id: str, **facts: Any) -> None:
        """Record an event and wake those who wait for one."""
        self.last_id += 1
        event = Event(self.last_id, type, self.clock.stamp(), session_id, facts)
        self.kept.append(event)
        for collector in self._collectors:
            collector.append(event)
        for look in self._lookers:
            look(event)
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    def after(self, id: int) -> list[Event]:
        """The events that are kept and came after the one with this id."""
        newer = max(0, self.last_id - id)  # ids have no gaps, so that nothing is searched
        return [*islice(reversed(self.kept), newer)][::-1]

    async def next(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        finally:  # who gives up waiting is not to be kept until the next event
            with suppress(ValueError):
                self._waiters.remove(waiter)

    async def wait_for(
        self, wanted: Mapping[str, Any], count: int, after: int, seconds: float
    ) -> list[Event] | None:
        """The first `count` events that match, or None if there are fewer when time is up."""
        found = [event for event in self.after(after) if event.matches(wanted)]
        whole = asyncio.Event()

        def look(event: Event) -> None:
            if len(found) < count and event.id > after and event.matches(wanted):
                found.append(event)
            if len(found) >= count:
                whole.set()

        if len(found) < count:
            self._lookers.append(look)  # each event is looked at once, and wakes few
            try:
                with suppress(TimeoutError):
                    await asyncio.wait_for(whole.wait(), seconds)
            finally:
                self._lookers.remove(look)
        return found[:count] if len(found) >= count else None

    @contextmanager
    def collect(self) -> Iterator[list[Event]]:
        """All that happens meanwhile, however much it is."""
        collected: list[Event] = []
        self._collectors.append(collected)
        try:
            yield collected
        finally:
            self._collectors.remove(collected)

    def clear(self) -> None:
        self.kept.clear()
