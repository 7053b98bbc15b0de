"""Sending whole responses."""

from starlette.types import Send

from ..problems.kinds import Reply

_NO_STORE = (b"cache-control", b"no-store")


async def send_reply(send: Send, reply: Reply) -> None:
    """Send a whole response."""
    headers = [_NO_STORE, *reply.headers]
    if reply.status != 204:  # which has no length, RFC 9110, section 8.6
        headers.append((b"content-length", b"%d" % len(reply.body)))
    if reply.media_type:
        headers.append((b"content-type", reply.media_type.encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
