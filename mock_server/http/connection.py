"""The connection under a request, as the server hands it to the application."""

import asyncio

from starlette.types import Receive, Scope

from .streams import gone

TRANSPORT = "adjourn.transport"  # the extension of the scope that holds the transport


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
