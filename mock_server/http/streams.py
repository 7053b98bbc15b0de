"""The connection under a request, and bodies that pass over it in parts."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

from starlette.types import Message, Receive, Scope, Send

TRANSPORT = "adjourn.transport"  # the extension of the scope that holds the transport
_T = TypeVar("_T")


class ClientGone(Exception):
    """The client left before its request was whole."""


async def beginning(receive: Receive, limit: int) -> tuple[bytes, bool]:
    """A request's first bytes, and whether they are all: what exceeds the limit is left."""
    body = b""
    while len(body) <= limit:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body, message["type"] == "http.request"
    return body, False


def replay(body: bytes, whole: bool, receive: Receive) -> Receive:
    """A receive that gives the bytes once more, and then what comes."""
    first: Message | None = {"type": "http.request", "body": body, "more_body": not whole}

    async def again() -> Message:
        nonlocal first
        message, first = first, None
        return await receive() if message is None else message

    return again


async def content(receive: Receive) -> AsyncIterator[bytes]:
    """A request's body as it comes. Raises ClientGone when it breaks off."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def send_parts(
    parts: AsyncIterator[bytes], receive: Receive, send: Send, stopping: asyncio.Event
) -> bool:
    """Send parts of a body as they come; whether all were: the client may leave, the server stop.

    Raises what the parts raise.
    """

    async def sending() -> None:
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})

    tasks = [asyncio.create_task(work) for work in (sending(), gone(receive), _set(stopping))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        whole = tasks[0].done()
    finally:
        for task in tasks:
            task.cancel()
    outcome, *_ = await asyncio.gather(*tasks, return_exceptions=True)
    if isinstance(outcome, Exception):
        raise outcome
    return whole


async def unless(end: Coroutine[Any, Any, object], work: Coroutine[Any, Any, _T]) -> _T | None:
    """What `work` gives, or None as soon as `end` comes."""
    ending, working = asyncio.create_task(end), asyncio.create_task(work)
    try:
        await asyncio.wait({ending, working}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        ending.cancel()
        working.cancel()


async def gone(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def transport_of(scope: Scope) -> asyncio.Transport | None:
    """The transport of a request's connection, or None under another server."""
    transport: asyncio.Transport | None = scope["extensions"].get(TRANSPORT)
    return transport


async def abort(scope: Scope, receive: Receive) -> None:
    """Break the connection of a request off; raises CancelledError under another server."""
    if (transport := transport_of(scope)) is None:
        raise asyncio.CancelledError
    transport.abort()
    await gone(receive)


async def _set(event: asyncio.Event) -> None:
    await event.wait()
