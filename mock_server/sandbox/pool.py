"""Sandboxes: a world of its own for each client that names one, on the same port."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import islice
from math import ceil

from ..domain.repository import Storage, StoreUnavailable
from ..problems.kinds import Problem
from ..problems.violations import quote
from .sandbox import World, keep_running

__all__ = [
    "DEFAULT",
    "Sandbox",
    "Sandboxes",
]

DEFAULT = "default"
_SWEEPS_PER_IDLE_TIME = 10
_POLL_SECONDS = 2.0


class Sandbox:
    """A world with the requests that are in it now."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.opening: asyncio.Task[None] | None = None
        self.guests = 0
        self.last_left = self.touched = time.monotonic()

    def idle_seconds(self) -> float:
        """For how long no request has been in it."""
        return 0.0 if self.guests else time.monotonic() - self.last_left


class Sandboxes:
    """All worlds of a mock, by name. The default one is there from the start and for ever.

    `open` makes a world's first state and starts it. Others are made on first use, at most
    `limit` of them, and dropped when no request was in them for `idle` seconds. Where the
    storage is shared, what other mocks have left there is looked for every few seconds.
    """

    def __init__(
        self,
        make: Callable[[str], World],
        open: Callable[[World], Coroutine[None, None, None]],
        storage: Storage,
        idle: float,
        limit: int,
    ) -> None:
        self.make = make
        self.open = open
        self.storage = storage
        self.idle = idle
        self.limit = limit
        self.default = make(DEFAULT)
        self.others: dict[str, Sandbox] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def worlds(self) -> list[World]:
        """Every world, the default one first."""
        return [self.default, *(sandbox.world for sandbox in self.others.values())]

    async def start(self) -> None:
        """Open the default world and the stored ones, and begin to drop idle ones."""
        await self.open(self.default)
        stored = await self.storage.sandboxes()
        for name in islice((name for name in stored if name != DEFAULT), self.limit):
            self._new(name)
        work = [self._sweep, self._poll] if self.storage.shared else [self._sweep]
        self._tasks = [asyncio.create_task(keep_running(task)) for task in work]

    async def stop(self) -> None:
        """Stop every world."""
        for task in self._tasks:
            task.cancel()
        for sandbox in self.others.values():
            await sandbox.world.stop()
        await self.default.stop()

    @asynccontextmanager
    async def visit(self, name: str) -> AsyncIterator[World]:
        """Be in the world of a sandbox, which is made if need be. Raises Problem at the limit."""
        sandbox = self.others.get(name) or self._new(name)
        sandbox.guests += 1
        try:
            if sandbox.opening is not None:
                await asyncio.shield(sandbox.opening)
                sandbox.opening = None
            await self._touch(sandbox)
            yield sandbox.world
        finally:
            sandbox.guests -= 1
            sandbox.last_left = time.monotonic()

    async def delete(self, name: str) -> None:
        """Drop a sandbox with all that it holds. Raises Problem for an unknown one.

        Other mocks may have filled one that this one has not met.
        """
        if (sandbox := self.others.get(name)) and sandbox.opening:
            await asyncio.wait([sandbox.opening])  # which would go on with what is deleted
        if name not in self.others and not await self._is_shared(name):
            raise Problem("unknown-sandbox", f"There is no sandbox {quote(name)}.")
        sandbox = self.others.pop(name, None)
        world = self.make(name) if sandbox is None else sandbox.world
        await world.forget()

    async def drop_idle(self) -> None:
        """Drop the sandboxes in which no mock has had a request for too long."""
        for name, sandbox in [*self.others.items()]:
            if sandbox.guests:
                await self._touch(sandbox)
            elif sandbox.idle_seconds() >= self.idle and self.others.get(name) is sandbox:
                await self._drop(name, self.others.pop(name))

    async def look_again(self) -> None:
        """Have every world look for what other mocks have left, unknown ones too."""
        for name in await self.storage.waiting():
            if name == DEFAULT:
                self.default.look_again()
            elif name in self.others:
                self.others[name].world.look_again()
            elif len(self.others) < self.limit:
                self._new(name)

    @property
    def _pause(self) -> float:
        return self.idle / _SWEEPS_PER_IDLE_TIME

    async def _is_shared(self, name: str) -> bool:
        return self.storage.shared and name in await self.storage.sandboxes()

    async def _drop(self, name: str, sandbox: Sandbox) -> None:
        dropped = False
        try:
            dropped = await sandbox.world.store.abandon(self.idle + self._pause)
        finally:
            if dropped or name in self.others:  # made anew by a visit that came just now
                await sandbox.world.stop()
            else:
                self.others[name] = sandbox

    async def _touch(self, sandbox: Sandbox) -> None:
        """Tell other mocks that it is in use, if they have not been told lately."""
        now = time.monotonic()
        if now - sandbox.touched >= self._pause:
            sandbox.touched = now
            await sandbox.world.store.touch()

    def _new(self, name: str) -> Sandbox:
        if len(self.others) >= self.limit:
            longest = max((one.idle_seconds() for one in self.others.values()), default=0.0)
            wait = max(1, ceil(self.idle - longest + self._pause))
            raise Problem(
                "too-many-sandboxes",
                f"There are {self.limit} sandboxes already; delete one, or wait until one "
                f"has been idle for {self.idle:g} s.",
                headers={"Retry-After": str(wait)},
            )
        sandbox = self.others[name] = Sandbox(self.make(name))
        sandbox.opening = asyncio.create_task(self._open(name, sandbox))
        return sandbox

    async def _open(self, name: str, sandbox: Sandbox) -> None:
        try:
            await self.open(sandbox.world)
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
