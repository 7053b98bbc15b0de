"""The body of an answer: held back while it comes quickly, passed on as it comes otherwise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

_SECONDS = 1.0


class HeldBody:
    """Reads the parts of a body, and keeps them as long as they may be checked."""

    def __init__(self, parts: AsyncIterator[bytes], limit: int) -> None:
        self._parts = parts
        self._limit = limit
        self._next: asyncio.Task[bytes | None] | None = None
        self._kept = bytearray()
        self.size = 0
        self.ended = False

    @property
    def body(self) -> bytes:
        return bytes(self._kept)

    @property
    def is_whole(self) -> bool:
        """Whether all of it has come and is kept."""
        return self.ended and self._fits

    async def hold(self) -> None:
        """Wait for the end, but not for long, nor for more than is checked."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS):
                while not self.ended and self._fits:
                    await self._take()

    async def rest(self) -> AsyncIterator[bytes]:
        """The parts that come after those that were held."""
        while not self.ended:
            if not self._fits:
                self._kept.clear()
            if part := await self._take():
                yield part

    async def close(self) -> None:
        """Wait for nothing any longer."""
        if self._next is not None:
            self._next.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._next

    @property
    def _fits(self) -> bool:
        return self.size <= self._limit

    async def _read(self) -> bytes | None:
        return await anext(self._parts, None)

    async def _take(self) -> bytes | None:
        self._next = self._next or asyncio.create_task(self._read())
        part = await asyncio.shield(self._next)  # it goes on where this is given up
        self._next = None
        if part is None:
            self.ended = True
        elif self._fits:
            self._kept += part
            self.size += len(part)
        return part
