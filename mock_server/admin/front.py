"""Where the control plane begins: beside an API, on the same port."""

import asyncio
import re
from collections.abc import Callable
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

ADMIN = "/__admin"
DOCUMENTATION = "/docs"  # below it, where each call can be tried
_SLASH = re.compile(r"(?i)%(?=2f)")


class Front:
    """Tells calls of the control plane, which shares nothing with the API, from all others."""

    def __init__(self, api: ASGIApp, plane: Callable[[], ASGIApp]) -> None:
        self.api = api
        self.plane = plane
        self.admin: asyncio.Future[ASGIApp] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            keep_encoded_slashes(scope)
        if scope["type"] != "http" or not scope["path"].startswith(ADMIN):
            await self.api(scope, receive, send)
            return
        if self.admin is None:
            # Made at first use, as many mocks are never steered; in a thread, as it takes long.
            self.admin = asyncio.ensure_future(asyncio.to_thread(self.plane))
        admin = await asyncio.shield(self.admin)
        await admin(scope, receive, send)


def keep_encoded_slashes(scope: Scope) -> None:
    """Decode the path anew but for %2F, which is no separator (RFC 3986, section 2.2)."""
    raw: bytes = scope.get("raw_path") or b""
    if b"%2F" in raw or b"%2f" in raw:
        scope["path"] = unquote(_SLASH.sub("%25", raw.decode("ascii")))
