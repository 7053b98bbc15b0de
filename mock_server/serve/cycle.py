"""One request and its response on a connection."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

_PART = 256 * 1024  # bytes that are sent at one go
# Clients that poll reuse a connection: longer than Go keeps one idle (90), and balancers (60).
IDLE_SECONDS = 120
KEEP_ALIVE = (b"keep-alive", b"timeout=%d" % IDLE_SECONDS)


class Cycle(RequestResponseCycle):
    """uvicorn's own, with what it lacks of RFC 9110 and 9112."""

    async def send(self, message: Any) -> None:
        if self.awaits_continue:
            # Whether the body will still come nobody knows, so no other request can follow it.
            self.keep_alive = False
        body = message.get("body", b"")
        if self.scope["http_version"] == "1.0":
            # It knows no chunks: the end of the connection is that of an answer without a length.
            self.chunked_encoding, self.expected_content_length = False, len(body)
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
