"""Where the control plane begins: beside an API, on the same port."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from ..http.paths import keep_encoded_slashes

ADMIN = "/__admin"
DOCUMENTATION = "/docs"  # below it, where each call can be tried


class Front:
    """Tells calls of the control plane, which shares nothing with the API, from all others."""

    def __init__(self, api: ASGIApp, plane: Callable[[], ASGIApp]) -> None:
        self.api = api
        self.plane = plane
        self.admin: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        if scope["type"] == "http":
            keep_encoded_slashes(scope)
        if scope["type"] != "http" or not scope["path"].startswith(ADMIN):
            await self.api(scope, receive, send)
            return
        if self.admin is None:  # made at first use: many mocks are never steered
            self.admin = self.plane()
        await self.admin(scope, receive, send)
