"""Faults, carried out on the connection of a request."""

import asyncio
import random
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..faults.kinds import Fault
from ..problems.kinds import Problem, reply_with
from .bodies import BODY_LIMIT
from .replies import send_reply
from .streams import abort, gone, transport_of

_ORIGIN = (b"x-mock-origin", b"fault")
_ABORT = struct.pack("ii", 1, 0)
_PIECES = 10
_DRIP_MS = 2_000
_TIMEOUT_MS = 60_000
_CHUNKED = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-mock-origin: fault\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


async def inject(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer under a fault. Raises Problem where the server gives no connection."""
    try:
        if fault.delay_ms and fault.name not in _PACED:
            await asyncio.sleep(fault.delay_ms / 1000)
        if fault.name is None:
            await app(scope, receive, send)
        else:
            await _INJECTIONS[fault.name](_Exchange(fault, app, scope, receive, send))
    except asyncio.CancelledError:  # a fault that outlasts the grace of the stopping server
        if fault.name is None:
            raise
        await abort(scope, receive)


@dataclass(frozen=True, slots=True)
class _Exchange:
    """A request that a fault befalls, and the application that would answer it."""

    fault: Fault
    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send

    @property
    def transport(self) -> asyncio.Transport:
        """Its connection. Raises Problem where the server gives none."""
        if (transport := transport_of(self.scope)) is None:
            detail = "This server gives the mock no hold on its connections"
            raise Problem("unusable-fault", f"{detail}; start it as adjourn-mock.", status=501)
        return transport

    def seconds(self, usual_ms: int) -> float:
        """The delay of the fault, or the usual one."""
        return (usual_ms if self.fault.delay_ms is None else self.fault.delay_ms) / 1000

    async def drain(self) -> None:
        """Read the request: what is left unread would turn a close into a reset."""
        size, more = 0, True
        while more and size <= BODY_LIMIT:
            message = await self.receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)

    async def answer(self) -> tuple[Message, bytes]:
        """What the app answers, kept back."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(self.scope, self.receive, keep)
        start, *parts = messages
        start = {**start, "headers": [*start["headers"], _ORIGIN]}
        return start, b"".join(part.get("body", b"") for part in parts)

    async def refuse(self, problem: Problem) -> None:
        await self.drain()
        problem.headers = {**problem.headers, "X-Mock-Origin": "fault"}
        await send_reply(self.send, reply_with(problem, "problem"))

    async def close(self, transport: asyncio.Transport) -> None:
        transport.close()
        await gone(self.receive)

    async def hang_up(self, data: bytes = b"") -> None:
        transport = self.transport
        await self.drain()
        if data:
            transport.write(data)
        await self.close(transport)

    def garbage(self) -> bytes:
        """The same bytes for the same path, and never the beginning of an answer."""
        noise = random.Random(self.scope["path"]).randbytes(64)
        return b"\x00" + noise.replace(b"\n", b"\x00")


async def _reset(exchange: _Exchange) -> None:
    transport = exchange.transport
    await exchange.drain()
    # With no time to linger, closing sends RST instead of FIN.
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    transport.abort()
    await gone(exchange.receive)


async def _time_out(exchange: _Exchange) -> None:
    transport = exchange.transport
    await exchange.drain()
    try:
        await asyncio.wait_for(gone(exchange.receive), exchange.seconds(_TIMEOUT_MS))
    except TimeoutError:
        await exchange.close(transport)


async def _drip(exchange: _Exchange) -> None:
    start, body = await exchange.answer()
    await exchange.send(start)
    size = max(1, -(-len(body) // _PIECES))
    pieces = [body[place : place + size] for place in range(0, len(body), size)]
    pause = exchange.seconds(_DRIP_MS) / max(1, len(pieces))
    for piece in pieces:
        await asyncio.sleep(pause)
        await exchange.send({"type": "http.response.body", "body": piece, "more_body": True})
    await exchange.send({"type": "http.response.body", "body": b""})


async def _truncate(exchange: _Exchange) -> None:
    transport = exchange.transport
    start, body = await exchange.answer()
    half = body[: len(body) // 2]
    await exchange.send(start)
    await exchange.send({"type": "http.response.body", "body": half, "more_body": True})
    await exchange.close(transport)


async def _error(exchange: _Exchange) -> None:
    detail = "A fault that was asked for; the request was not carried out."
    await exchange.refuse(Problem("injected-fault", detail, status=exchange.fault.status))


async def _limit(exchange: _Exchange) -> None:
    wait = exchange.fault.retry_after
    detail = f"Try again in {wait} s. The request was not carried out."
    headers = {"Retry-After": str(wait)}
    await exchange.refuse(Problem("too-many-requests", detail, headers=headers))


async def _drop(exchange: _Exchange) -> None:
    transport = exchange.transport
    await exchange.answer()
    await exchange.close(transport)


_INJECTIONS: Mapping[str, Callable[[_Exchange], Awaitable[None]]] = {
    "EMPTY_RESPONSE": _Exchange.hang_up,
    "MALFORMED_RESPONSE_CHUNK": lambda exchange: exchange.hang_up(_CHUNKED + exchange.garbage()),
    "RANDOM_DATA_THEN_CLOSE": lambda exchange: exchange.hang_up(exchange.garbage()),
    "CONNECTION_RESET_BY_PEER": _reset,
    "TIMEOUT": _time_out,
    "SLOW_DRIP": _drip,
    "TRUNCATED_BODY": _truncate,
    "SERVER_ERROR": _error,
    "RATE_LIMIT": _limit,
    "COMMIT_THEN_DROP": _drop,
}
# To these the delay is a span of their own, not a wait before them.
_PACED = ("TIMEOUT", "SLOW_DRIP")
