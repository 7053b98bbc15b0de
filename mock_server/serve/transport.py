"""A transport that writes once a tick."""

import asyncio
from typing import Any


class Corked:
    """Sends the head and the body of a response in one packet: uvicorn writes them apart, and
    the second system call costs a fifth of a request. Whatever else is asked of it, the transport
    itself answers."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Keep the data until the tick is over."""
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(data)

    def is_closing(self) -> bool:
        """Whether it is closed or about to be; asked with each response."""
        return self._transport.is_closing()

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def write_eof(self) -> None:
        """Write what is kept, then say that no more will come."""
        self.flush()
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def flush(self) -> None:
        if self._parts:
            parts, self._parts = self._parts, []
            if not self._transport.is_closing():
                self._transport.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
