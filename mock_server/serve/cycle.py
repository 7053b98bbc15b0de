"""One request and its response on a connection."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from .limits import IDLE_SECONDS

_PART = 256 * 1024  # bytes that are sent at one go
KEEP_ALIVE = (b"keep-alive", b"timeout=%d" % IDLE_SECONDS)


class Cycle(RequestResponseCycle):
    """uvicorn's own, with what it lacks of RFC 9110 and 9112."""

    async def send(self, message: Any) -> None:
        if self.awaits_continue:
            # Whether the body will still come nobody knows, so no other request can follow it.
            self.keep_alive = False
        body = message.get("body", b"")
        if len(body) <= _PART:
            await super().send(message)
            return
        for at in range(0, len(body), _PART):  # each when the client has taken what came before
            part: Any = {**message, "body": body[at : at + _PART], "more_body": True}
            await super().send(part)
            await asyncio.sleep(0)
        rest: Any = {**message, "body": b""}
        await super().send(rest)

    @property
    def awaits_continue(self) -> bool:
        """Whether the client waits to be told to send the body."""
        return self.waiting_for_100_continue and not self.response_started

    def break_off(self) -> None:
        """Have the application see that its client is gone."""
        self.disconnected = True
        self.message_event.set()


def until_closed(cycle: Cycle, app: ASGIApp) -> ASGIApp:
    """The app for a client of HTTP/1.0, which knows no chunks: the end of the connection is that
    of an answer without a length."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, _Unchunked(cycle, send))

    return answer


class _Unchunked:
    """Writes an answer without a length itself, and leaves any other to `send`."""

    def __init__(self, cycle: Cycle, send: Send) -> None:
        self.cycle = cycle
        self.next: Callable[[Message], Awaitable[None]] = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not _has_length(message):
            self.next = self.write_body
            self.write_head(message)
        else:
            await self.next(message)

    def write_head(self, message: Message) -> None:
        headers = [*self.cycle.default_headers, *message["headers"], (b"connection", b"close")]
        lines = [b"%s: %s\r\n" % (name, value) for name, value in headers]
        self.cycle.transport.write(b"".join([STATUS_LINE[message["status"]], *lines, b"\r\n"]))
        self.cycle.response_started = True

    async def write_body(self, message: Message) -> None:
        await self.cycle.flow.drain()
        if self.cycle.scope["method"] != "HEAD":
            self.cycle.transport.write(message.get("body", b""))
        if not message.get("more_body", False):
            self.cycle.response_complete = True
            self.cycle.message_event.set()
            self.cycle.transport.close()
            self.cycle.on_response()


def _has_length(message: Message) -> bool:
    names = (name.lower() for name, _ in message["headers"])
    return message["status"] in (204, 304) or b"content-length" in names
