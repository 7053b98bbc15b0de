"""Sandboxes: one for each client that names one, on the same port."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import islice
from math import ceil

from ..domain.store import StoreUnavailable
from ..problems.kinds import Problem
from ..problems.violations import quote
from ..store.database import Database
from .background import keep_running
from .sandbox import Sandbox

DEFAULT = "default"
_SWEEPS_PER_IDLE_TIME = 10
_POLL_SECONDS = 2.0


class Entry:
    """A sandbox with the requests that are in it now."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.opening: asyncio.Task[None] | None = None
        self.guests = 0
        self.last_left = self.touched = time.monotonic()

    def idle_seconds(self) -> float:
        """For how long no request has been in it."""
        return 0.0 if self.guests else time.monotonic() - self.last_left


class Sandboxes:
    """All sandboxes of a mock, by name. The default one is there from the start and for ever.

    `open` makes a sandbox's first state and starts it. Others are made on first use, at most
    `limit` of them, and dropped when no request was in them for `idle` seconds. Where the
    database is shared, what other mocks have left there is looked for every few seconds.
    """

    def __init__(
        self,
        make: Callable[[str], Sandbox],
        open: Callable[[Sandbox], Coroutine[None, None, None]],
        database: Database,
        idle: float,
        limit: int,
    ) -> None:
        self.make = make
        self.open = open
        self.database = database
        self.idle = idle
        self.limit = limit
        self.default = make(DEFAULT)
        self.others: dict[str, Entry] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def sandboxes(self) -> list[Sandbox]:
        """Every sandbox, the default one first."""
        return [self.default, *(entry.sandbox for entry in self.others.values())]

    async def start(self) -> None:
        """Open the default sandbox and the stored ones, and begin to drop idle ones."""
        await self.open(self.default)
        stored = await self.database.sandboxes()
        for name in islice((name for name in stored if name != DEFAULT), self.limit):
            self._new(name)
        work = [self._sweep, self._poll] if self.database.shared else [self._sweep]
        self._tasks = [asyncio.create_task(keep_running(task)) for task in work]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for entry in self.others.values():
            await entry.sandbox.stop()
        await self.default.stop()

    @asynccontextmanager
    async def visit(self, name: str) -> AsyncIterator[Sandbox]:
        """Be in a sandbox, which is made if need be. Raises Problem at the limit."""
        entry = self.others.get(name) or self._new(name)
        entry.guests += 1
        try:
            if entry.opening is not None:
                await asyncio.shield(entry.opening)
                entry.opening = None
            await self._touch(entry)
            yield entry.sandbox
        finally:
            entry.guests -= 1
            entry.last_left = time.monotonic()

    async def delete(self, name: str) -> None:
        """Drop a sandbox with all that it holds. Raises Problem for an unknown one.

        Other mocks may have filled one that this one has not met.
        """
        if (entry := self.others.get(name)) and entry.opening:
            await asyncio.wait([entry.opening])  # which would go on with what is deleted
        if name not in self.others and not await self._is_shared(name):
            raise Problem("unknown-sandbox", f"There is no sandbox {quote(name)}.")
        entry = self.others.pop(name, None)
        sandbox = self.make(name) if entry is None else entry.sandbox
        await sandbox.forget()

    async def drop_idle(self) -> None:
        """Drop the sandboxes in which no mock has had a request for too long."""
        for name, entry in [*self.others.items()]:
            if entry.guests:
                await self._touch(entry)
            elif entry.idle_seconds() >= self.idle and self.others.get(name) is entry:
                await self._drop(name, self.others.pop(name))

    async def look_again(self) -> None:
        """Have every sandbox look for what other mocks have left, unknown ones too."""
        for name in await self.database.waiting():
            if name == DEFAULT:
                self.default.look_again()
            elif name in self.others:
                self.others[name].sandbox.look_again()
            elif len(self.others) < self.limit:
                self._new(name)

    @property
    def _pause(self) -> float:
        return self.idle / _SWEEPS_PER_IDLE_TIME

    async def _is_shared(self, name: str) -> bool:
        return self.database.shared and name in await self.database.sandboxes()

    async def _drop(self, name: str, entry: Entry) -> None:
        dropped = False
        try:
            dropped = await entry.sandbox.store.image.abandon(self.idle + self._pause)
        finally:
            if dropped or name in self.others:  # made anew by a visit that came just now
                await entry.sandbox.stop()
            else:
                self.others[name] = entry

    async def _touch(self, entry: Entry) -> None:
        """Tell other mocks that it is in use, if they have not been told lately."""
        now = time.monotonic()
        if now - entry.touched >= self._pause:
            entry.touched = now
            await entry.sandbox.store.image.touch()

    def _new(self, name: str) -> Entry:
        if len(self.others) >= self.limit:
            longest = max((one.idle_seconds() for one in self.others.values()), default=0.0)
            wait = max(1, ceil(self.idle - longest + self._pause))
            raise Problem(
                "too-many-sandboxes",
                f"There are {self.limit} sandboxes already; delete one, or wait until one "
                f"has been idle for {self.idle:g} s.",
                headers={"Retry-After": str(wait)},
            )
        entry = self.others[name] = Entry(self.make(name))
        entry.opening = asyncio.create_task(self._open(name, entry))
        return entry

    async def _open(self, name: str, entry: Entry) -> None:
        try:
            await self.open(entry.sandbox)
        except StoreUnavailable:  # the next visit tries again
            self.others.pop(name, None)
            raise

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            await self.drop_idle()

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            await self.look_again()
