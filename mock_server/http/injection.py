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
from .connection import abort, transport_of
from .replies import send_reply
from .streams import gone

_ORIGIN = (b"x-mock-origin", b"fault")
_ABORT = struct.pack("ii", 1, 0)
_PIECES = 10
_DRIP_MS = 2_000
_TIMEOUT_MS = 60_000
_CHUNKED = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-mock-origin: fault\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and the application that would answer it."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send


async def inject(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer under a fault. Raises Problem where the server gives no connection."""
    exchange = Exchange(app, scope, receive, send)
    try:
        await _carry_out(fault, exchange)
    except asyncio.CancelledError:  # a fault that outlasts the grace of the stopping server
        if fault.name is None:
            raise
        await abort(scope, receive)


async def _carry_out(fault: Fault, exchange: Exchange) -> None:
    if fault.name is None:
        await asyncio.sleep((fault.delay_ms or 0) / 1000)
        await exchange.app(exchange.scope, exchange.receive, exchange.send)
        return
    if fault.name not in _PACED and fault.delay_ms:
        await asyncio.sleep(fault.delay_ms / 1000)
    await _INJECTIONS[fault.name](fault, exchange)


async def _reset(fault: Fault, exchange: Exchange) -> None:
    transport = _transport(exchange.scope)
    await _drain(exchange.receive)
    # With no time to linger, closing sends RST instead of FIN.
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    transport.abort()
    await gone(exchange.receive)


async def _time_out(fault: Fault, exchange: Exchange) -> None:
    transport = _transport(exchange.scope)
    await _drain(exchange.receive)
    seconds = (_TIMEOUT_MS if fault.delay_ms is None else fault.delay_ms) / 1000
    try:
        await asyncio.wait_for(gone(exchange.receive), seconds)
    except TimeoutError:
        transport.close()
        await gone(exchange.receive)


async def _drip(fault: Fault, exchange: Exchange) -> None:
    start, body = await _answer(exchange)
    await exchange.send(start)
    size = max(1, -(-len(body) // _PIECES))
    pieces = [body[place : place + size] for place in range(0, len(body), size)]
    pause = (_DRIP_MS if fault.delay_ms is None else fault.delay_ms) / 1000 / max(1, len(pieces))
    for piece in pieces:
        await asyncio.sleep(pause)
        await exchange.send({"type": "http.response.body", "body": piece, "more_body": True})
    await exchange.send({"type": "http.response.body", "body": b""})


async def _truncate(fault: Fault, exchange: Exchange) -> None:
    transport = _transport(exchange.scope)
    start, body = await _answer(exchange)
    half = body[: len(body) // 2]
    await exchange.send(start)
    await exchange.send({"type": "http.response.body", "body": half, "more_body": True})
    transport.close()
    await gone(exchange.receive)


async def _error(fault: Fault, exchange: Exchange) -> None:
    detail = "A fault that was asked for; the request was not carried out."
    headers = {"X-Mock-Origin": "fault"}
    await _refuse(exchange, Problem("injected-fault", detail, status=fault.status, headers=headers))


async def _limit(fault: Fault, exchange: Exchange) -> None:
    headers = {"Retry-After": str(fault.retry_after), "X-Mock-Origin": "fault"}
    detail = f"Try again in {fault.retry_after} s. The request was not carried out."
    await _refuse(exchange, Problem("too-many-requests", detail, headers=headers))


async def _drop(fault: Fault, exchange: Exchange) -> None:
    transport = _transport(exchange.scope)
    await _answer(exchange)
    transport.close()
    await gone(exchange.receive)


_INJECTIONS: Mapping[str, Callable[[Fault, Exchange], Awaitable[None]]] = {
    "EMPTY_RESPONSE": lambda _, exchange: _hang_up(exchange, b""),
    "MALFORMED_RESPONSE_CHUNK": lambda _, exchange: _hang_up(
        exchange, _CHUNKED + _garbage(exchange.scope)
    ),
    "RANDOM_DATA_THEN_CLOSE": lambda _, exchange: _hang_up(exchange, _garbage(exchange.scope)),
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


async def _answer(exchange: Exchange) -> tuple[Message, bytes]:
    """What the app answers, kept back."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await exchange.app(exchange.scope, exchange.receive, keep)
    start, *parts = messages
    start = {**start, "headers": [*start["headers"], _ORIGIN]}
    return start, b"".join(part.get("body", b"") for part in parts)


async def _refuse(exchange: Exchange, problem: Problem) -> None:
    await _drain(exchange.receive)
    await send_reply(exchange.send, reply_with(problem, "problem"))


async def _hang_up(exchange: Exchange, data: bytes) -> None:
    transport = _transport(exchange.scope)
    # What is left unread would turn the close into a reset.
    await _drain(exchange.receive)
    if data:
        transport.write(data)
    transport.close()
    await gone(exchange.receive)


async def _drain(receive: Receive) -> None:
    size, more = 0, True
    while more and size <= BODY_LIMIT:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)


def _transport(scope: Scope) -> asyncio.Transport:
    transport = transport_of(scope)
    if transport is None:
        detail = "This server gives the mock no hold on its connections; start it as adjourn-mock."
        raise Problem("unusable-fault", detail, status=501)
    return transport


def _garbage(scope: Scope) -> bytes:
    """The same bytes for the same path, and never the beginning of an answer."""
    return b"\x00" + random.Random(scope["path"]).randbytes(64).replace(b"\n", b"\x00")
