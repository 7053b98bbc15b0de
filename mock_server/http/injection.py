"""Faults, carried out on the connection of a request."""

import asyncio
import random
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..faults.kinds import Fault
from ..problems.kinds import Problem, reply_with
from .bodies import BODY_LIMIT
from .connection import TRANSPORT
from .replies import send_reply
from .streams import gone

__all__ = ["inject"]

_ORIGIN = (b"x-mock-origin", b"fault")
_ABORT = struct.pack("ii", 1, 0)
_PIECES = 10
_DRIP_MS = 2_000
_SILENCE_MS = 60_000
_CHUNKED = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-mock-origin: fault\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


async def inject(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let `app` answer under a fault. Raises Problem where the server gives no connection."""
    try:
        await _befall(fault, app, scope, receive, send)
    except asyncio.CancelledError:  # a fault that outlasts the grace of the stopping server
        if fault.name is None:
            detail = "The mock is stopped; the request was not carried out."
            raise Problem("stopped", detail) from None
        if TRANSPORT not in scope["extensions"]:
            raise
        _transport(scope).abort()
        await gone(receive)


async def _befall(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    if fault.name is None:
        await asyncio.sleep((fault.delay_ms or 0) / 1000)
        await app(scope, receive, send)
        return
    if fault.name not in _PACED and fault.delay_ms:
        await asyncio.sleep(fault.delay_ms / 1000)
    await _INJECTIONS[fault.name](fault, app, scope, receive, send)


async def _empty(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await _hang_up(scope, receive, b"")


async def _malformed(
    fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    await _hang_up(scope, receive, _CHUNKED + _garbage(scope))


async def _random(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await _hang_up(scope, receive, _garbage(scope))


async def _reset(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    transport = _transport(scope)
    await _drain(receive)
    # With no time to linger, closing sends RST instead of FIN.
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    transport.abort()
    await gone(receive)


async def _silence(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    transport = _transport(scope)
    await _drain(receive)
    seconds = (_SILENCE_MS if fault.delay_ms is None else fault.delay_ms) / 1000
    try:
        await asyncio.wait_for(gone(receive), seconds)
    except TimeoutError:
        transport.close()
        await gone(receive)


async def _drip(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    start, body = await _answer(app, scope, receive)
    await send(start)
    size = max(1, -(-len(body) // _PIECES))
    pieces = [body[place : place + size] for place in range(0, len(body), size)]
    pause = (_DRIP_MS if fault.delay_ms is None else fault.delay_ms) / 1000 / max(1, len(pieces))
    for piece in pieces:
        await asyncio.sleep(pause)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _truncate(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    transport = _transport(scope)
    start, body = await _answer(app, scope, receive)
    await send(start)
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    transport.close()
    await gone(receive)


async def _error(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await _drain(receive)
    detail = "A fault that was asked for; the request was not carried out."
    problem = Problem(
        "injected-fault", detail, status=fault.status, headers={"X-Mock-Origin": "fault"}
    )
    await send_reply(send, reply_with(problem, "problem"))


async def _limit(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await _drain(receive)
    headers = {"Retry-After": str(fault.retry_after), "X-Mock-Origin": "fault"}
    detail = f"Try again in {fault.retry_after} s. The request was not carried out."
    await send_reply(
        send, reply_with(Problem("too-many-requests", detail, headers=headers), "problem")
    )


async def _drop(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    transport = _transport(scope)
    await _answer(app, scope, receive)
    transport.close()
    await gone(receive)


_Injection = Callable[[Fault, ASGIApp, Scope, Receive, Send], Awaitable[None]]
_INJECTIONS: Mapping[str, _Injection] = {
    "EMPTY_RESPONSE": _empty,
    "MALFORMED_RESPONSE_CHUNK": _malformed,
    "RANDOM_DATA_THEN_CLOSE": _random,
    "CONNECTION_RESET_BY_PEER": _reset,
    "TIMEOUT": _silence,
    "SLOW_DRIP": _drip,
    "TRUNCATED_BODY": _truncate,
    "SERVER_ERROR": _error,
    "RATE_LIMIT": _limit,
    "COMMIT_THEN_DROP": _drop,
}
# To these the delay is a span of their own, not a wait before them.
_PACED = ("TIMEOUT", "SLOW_DRIP")


async def _answer(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """What the app answers, kept back."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    start, *parts = messages
    start = {**start, "headers": [*start["headers"], _ORIGIN]}
    return start, b"".join(part.get("body", b"") for part in parts)


async def _hang_up(scope: Scope, receive: Receive, last_words: bytes) -> None:
    transport = _transport(scope)
    # What is left unread would turn the close into a reset.
    await _drain(receive)
    if last_words:
        transport.write(last_words)
    transport.close()
    await gone(receive)


async def _drain(receive: Receive) -> None:
    size, more = 0, True
    while more and size <= BODY_LIMIT:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)


def _transport(scope: Scope) -> asyncio.Transport:
    transport: asyncio.Transport | None = scope["extensions"].get(TRANSPORT)
    if transport is None:
        detail = "This server gives the mock no hold on its connections; start it as adjourn-mock."
        raise Problem("unusable-fault", detail, status=501)
    return transport


def _garbage(scope: Scope) -> bytes:
    """The same bytes for the same path, and never the beginning of an answer."""
    return b"\x00" + random.Random(scope["path"]).randbytes(64).replace(b"\n", b"\x00")
