"""uvicorn's HTTP protocol, with the connection in reach of the application."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ..http.connection import HEAD_LIMIT, TRANSPORT

# A proxy passes on whatever status comes, and uvicorn knows those up to 599.
STATUS_LINE.update({status: b"HTTP/1.1 %d \r\n" % status for status in range(600, 1000)})
_LINGER_SECONDS = 1
_TOO_LARGE = (
    b'{"type":"/problems/head-too-large","title":"Head too large","status":431,'
    b'"detail":"Request line and headers hold at most %d bytes."}' % HEAD_LIMIT
)


class Corked:
    """A transport that writes once a tick, so that the head and the body of a response leave
    in one packet: uvicorn writes them apart, and the second system call costs a fifth of a
    request. Whatever else is asked of it, the transport itself answers."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Keep the data until the tick is over."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def is_closing(self) -> bool:
        """Whether it is closed or about to be; asked with each response."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Write what is kept, then close."""
        self._flush()
        self._transport.close()

    def write_eof(self) -> None:
        """Write what is kept, then say that no more will come."""
        self._flush()
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _flush(self) -> None:
        if self._parts:
            parts, self._parts = self._parts, []
            self._transport.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class MockProtocol(HttpToolsProtocol):
    """Puts the transport into the scope's extensions: ASGI itself has no word for a reset."""

    def connection_made(self, transport: Any) -> None:
        """Begin a connection."""
        super().connection_made(Corked(transport, self.loop))  # type: ignore[arg-type]

    _refused = False
    _pending = 0  # bytes since the last request that was whole
    _head: int | None = 0  # the size of a request's head so far; None behind it

    def data_received(self, data: bytes) -> None:
        """Take bytes in; a head that has no end in sight is refused before it is all there."""
        if self._refused:
            return
        super().data_received(data)
        if self._head is not None and self.parser is not None:
            self._pending += len(data)
            if self._pending > HEAD_LIMIT and not self._refused:
                self.send_400_response("")

    def on_url(self, url: bytes) -> None:
        """Take a part of the request line in."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header in."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts != 1 and self.parser.get_http_version() != "1.0":
            raise ValueError(f"one Host is wanted, and {hosts} came")  # RFC 9112, section 3.2
        self._head = None
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or a head that is too large, and hang up."""
        if self._head is None or max(self._head, self._pending) <= HEAD_LIMIT:
            super().send_400_response(msg)
            return
        self._refused = True
        self.transport.write(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
            b"content-type: application/problem+json\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n%s" % (len(_TOO_LARGE), _TOO_LARGE)
        )
        # To close with bytes unread would reset the connection, and the answer with it.
        self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def _count(self, size: int) -> None:
        self._head = (self._head or 0) + size
        if self._head > HEAD_LIMIT:
            raise ValueError("the head is too large")

    def on_message_begin(self) -> None:
        """Begin the scope of a request."""
        super().on_message_begin()
        self._head = self._pending = 0
        extensions: Any = {TRANSPORT: self.transport}
        self.scope["extensions"] = extensions
