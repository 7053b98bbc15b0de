"""uvicorn's HTTP/1.1 protocol, with the limits and the patience that a server needs."""

import asyncio
import logging
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ..http.streams import TRANSPORT
from ..problems.kinds import Problem, reply_with
from ..problems.violations import quote
from .cycle import KEEP_ALIVE, Cycle
from .transport import Corked

# What a connection may hold, in bytes, and how long it may take, in seconds.
TARGET_LIMIT = 16 * 1024  # path and query
HEAD_LIMIT = 64 * 1024  # request line and headers
HEADERS_LIMIT = 100  # their number
REQUEST_SECONDS = 60  # from a request's first byte to its last
READING_SECONDS = 60  # until a client has taken more of an answer
HALF_CLOSED_SECONDS = 60  # until the answer to a client that has closed its side
LINGER_SECONDS = 1
# A proxy passes on whatever status comes, and uvicorn knows those up to 599.
STATUS_LINE.update({status: b"HTTP/1.1 %d \r\n" % status for status in range(600, 1000)})
_HEAD, _BODY = "head", "body"
_log = logging.getLogger(__name__)


class MockProtocol(HttpToolsProtocol):
    """One connection. `reading` is the part of a request that is coming in, None between two."""

    cycle: Cycle | None  # type: ignore[assignment]
    reading: str | None = None
    _head = 0  # bytes of it so far
    _refused = False
    _deadline: asyncio.TimerHandle | None = None  # of the request, or of its answer
    _patience: asyncio.TimerHandle | None = None  # with a client that does not read

    def connection_made(self, transport: Any) -> None:
        super().connection_made(Corked(transport, self.loop))  # type: ignore[arg-type]
        self._set_deadline(REQUEST_SECONDS, self._overdue)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._drop_deadline()
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._unset_keepalive_if_required()
        within_head = self.reading is _HEAD
        try:
            self._feed(data)
            if within_head and self.reading is _HEAD:  # a header without an end in sight
                self._count(len(data))
        except httptools.HttpParserError as error:
            self.refuse(error.__context__, data)
        except Problem as problem:
            self.refuse(problem)
        if self.reading is None or self._refused:
            self._drop_deadline()
        elif self._deadline is None:
            self._set_deadline(REQUEST_SECONDS, self._overdue)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Leave the way out open to a client that has sent all and awaits its answer.

        One that leaves in the middle of a stream is gone. TLS knows no half of a connection.
        """
        self.transport.flush()  # type: ignore[attr-defined]  # before it closes
        cycle = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body or self.scheme == "https":
            return False
        if cycle.response_started and cycle.chunked_encoding:
            return False
        cycle.keep_alive = False
        self._set_deadline(HALF_CLOSED_SECONDS, self.transport.close)
        return True

    def pause_writing(self) -> None:
        """Begin to lose patience with a client that does not read."""
        super().pause_writing()
        self._patience = self.loop.call_later(READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that is idle, whether or not its client has read the last answer."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    # Callbacks of the parser: a Problem that one raises is the answer.

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.reading = _HEAD
        self._head = 0
        extensions: Any = {TRANSPORT: self.transport}
        self.scope["extensions"] = extensions

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))
        if len(self.url) > TARGET_LIMIT:
            raise Problem("target-too-long", f"Path and query hold at most {TARGET_LIMIT} bytes.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header in; one behind the body is none of the request's."""
        self._count(len(name) + len(value))
        if len(self.headers) >= HEADERS_LIMIT:
            raise _head_too_large()
        if self.reading is _HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        version = self.parser.get_http_version()
        self._check_head(version)
        if self.parser.should_upgrade():
            return  # to come back without the offer
        self.reading = _BODY
        target = httptools.parse_url(self.url)
        self.scope["method"] = self.parser.get_method().decode("ascii")
        self.scope["http_version"] = version
        self.scope["raw_path"] = target.path or b"/"
        self.scope["path"] = unquote(self.scope["raw_path"].decode("ascii"))
        self.scope["query_string"] = target.query or b""
        earlier, cycle = self.cycle, self._new_cycle(version)
        self.cycle = cycle
        if earlier is None or earlier.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()
            self.reading = None

    def refuse(self, reason: BaseException | None, data: bytes = b"") -> None:
        """Answer what cannot be read as a request, and hang up; what came before it comes first."""
        problem = reason if isinstance(reason, Problem) else _not_http(data)
        _log.warning("a request was refused: %s", problem.detail)
        self._refused = True
        cycle = self.cycle
        if self.reading is _BODY and cycle is not None:
            cycle.break_off()
        elif cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False
            return
        if self.reading is _BODY and (self.pipeline or (cycle and cycle.response_started)):
            self.transport.close()
            return
        self._answer(problem)

    def _answer(self, problem: Problem) -> None:
        reply = reply_with(problem, "problem")
        headers = [
            *self.server_state.default_headers,
            (b"content-type", reply.media_type.encode()),
            (b"content-length", b"%d" % len(reply.body)),
            (b"connection", b"close"),
        ]
        lines = [b"%s: %s\r\n" % header for header in headers if header != KEEP_ALIVE]
        self.transport.write(b"".join([STATUS_LINE[reply.status], *lines, b"\r\n", reply.body]))
        # To close with bytes unread would reset the connection, and the answer with it.
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # No offer is taken, so that what follows is a request as any (RFC 9110, section 7.8).
            # The parser would not read its body; another one reads it, without the offer.
            head = self._head_without_upgrade()
            self.parser = httptools.HttpRequestParser(self)
            self._feed(head + data[upgrade.args[0] :])

    def _head_without_upgrade(self) -> bytes:
        lines = [b"%s: %s\r\n" % header for header in self.headers if header[0] != b"upgrade"]
        version = self.parser.get_http_version().encode()
        begin = b"%s %s HTTP/%s\r\n" % (self.parser.get_method(), self.url, version)
        return b"".join([begin, *lines, b"\r\n"])

    def _check_head(self, version: str) -> None:
        hosts, codings = 0, b""
        for name, value in self.headers:
            if name == b"host":
                hosts += 1
            elif name == b"transfer-encoding":
                codings += (b", " if codings else b"") + value
        if hosts != 1 and version != "1.0":  # RFC 9112, section 3.2
            raise Problem("not-http", f"One Host is wanted, and {hosts} came.")
        if self.parser.get_method() == b"CONNECT":
            raise Problem("not-http", "CONNECT asks for a proxy's tunnel, and there is none.")
        if codings and codings.strip().lower() != b"chunked":
            shown = quote(codings.decode("latin-1"), 80)
            detail = f"A body may come chunked, and in no other Transfer-Encoding, not as {shown}."
            raise Problem("not-http", detail)

    def _new_cycle(self, version: str) -> Cycle:
        keep_alive = version != "1.0" and self.parser.should_keep_alive()
        headers = self.server_state.default_headers
        return Cycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=headers if keep_alive else [h for h in headers if h != KEEP_ALIVE],
            message_event=asyncio.Event(),
            # Of HTTP/1.0 it is to be ignored: RFC 9110, section 10.1.1.
            expect_100_continue=self.expect_100_continue and version != "1.0",
            keep_alive=keep_alive,
            on_response=self.on_response_complete,
        )

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > HEAD_LIMIT:
            raise _head_too_large()

    def _set_deadline(self, seconds: float, passed: Any) -> None:
        self._drop_deadline()
        self._deadline = self.loop.call_later(seconds, passed)

    def _drop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _overdue(self) -> None:
        """Let a client go that takes too long, unless it is the mock that keeps it waiting."""
        self._deadline = None
        cycle = self.cycle
        if self.flow.read_paused or (cycle is not None and cycle.awaits_continue):
            self._set_deadline(REQUEST_SECONDS, self._overdue)
        elif self.reading is None:
            self.transport.close()
        else:
            late = f"A request is to be whole within {REQUEST_SECONDS} seconds."
            self.refuse(Problem("request-timeout", late))


_OTHERS = {
    b"\x16\x03": "TLS came, and plain HTTP is spoken here: write http://, or see --ssl-certfile.",
    b"PRI * HTTP/2.0\r\n": "HTTP/2 came, and HTTP/1.1 is spoken here.",
}


def _not_http(data: bytes) -> Problem:
    other = next((told for begin, told in _OTHERS.items() if data.startswith(begin)), None)
    return Problem("not-http", other or "What came cannot be read as HTTP/1.1.")


def _head_too_large() -> Problem:
    detail = f"A head holds at most {HEAD_LIMIT} bytes and {HEADERS_LIMIT} headers."
    return Problem("head-too-large", detail)
