"""The body of an answer: held back while it comes quickly, passed on as it comes otherwise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from .answers import LIMIT

_SECONDS = 1.0


class HeldBody:
    """Reads the parts of a body, and keeps as much of them as is checked."""

    def __init__(self, parts: AsyncIterator[bytes]) -> None:
        self._parts = parts
        self._next: asyncio.Task[bytes | None] | None = None
        self._kept = bytearray()
        self.ended = False

    @property
    def body(self) -> bytes:
        """What has been kept."""
        return bytes(self._kept)

    @property
    def is_whole(self) -> bool:
        """Whether all of it has come and was kept."""
        return self.ended and len(self._kept) <= LIMIT

    async def hold(self, seconds: float = _SECONDS) -> None:
        """Wait for the end, but not for long, nor for more than is checked."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not self.ended and len(self._kept) <= LIMIT:
            self._next = self._next or asyncio.create_task(self._read())
            done, _ = await asyncio.wait([self._next], timeout=until - loop.time())
            if not done:
                return
            await self._take()

    async def rest(self) -> AsyncIterator[bytes]:
        """The parts that come after those that were held."""
        while not self.ended:
            self._next = self._next or asyncio.create_task(self._read())
            if part := await self._take():
                yield part

    async def close(self) -> None:
        """Wait for nothing any longer."""
        if self._next is not None:
            self._next.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._next

    async def _read(self) -> bytes | None:
        return await anext(self._parts, None)

    async def _take(self) -> bytes | None:
        assert self._next
        part = await self._next
        self._next = None
        if part is None:
            self.ended = True
        elif len(self._kept) <= LIMIT:
            self._kept += part
        return part
