"""The connection under a request, as the server hands it to the application."""

import asyncio

from starlette.types import Scope

TRANSPORT = "adjourn.transport"  # the extension of the scope that holds the transport
HEAD_LIMIT = 64 * 1024  # bytes


def transport_of(scope: Scope) -> asyncio.Transport | None:
    """The transport of a request's connection, or None under another server."""
    transport: asyncio.Transport | None = scope["extensions"].get(TRANSPORT)
    return transport
