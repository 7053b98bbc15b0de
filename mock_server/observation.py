"""The middleware that counts what clients are answered."""

from connexion.middleware.abstract import ROUTING_CONTEXT
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.sandboxes import WORLD

__all__ = ["Observed"]


class Observed:
    """Counts the answers of the API as they leave."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, and count its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        extensions = scope["extensions"]

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                operation = extensions.get(ROUTING_CONTEXT, {}).get("operation_id")
                if operation:
                    extensions[WORLD].coverage.answered(operation, message["status"])
            await send(message)

        await self.app(scope, receive, counted)
