"""Sending whole responses."""

import asyncio
from typing import Any

from starlette.types import Send

from ..codec import encode, texts
from ..large import PIECE, beside, drop_items, has_few
from ..problems.kinds import Reply

_NO_STORE = (b"cache-control", b"no-store")
_FEW = 50  # items, which are written at one go


async def send_reply(send: Send, reply: Reply) -> None:
    headers = [_NO_STORE, *reply.headers]
    if reply.status != 204:  # which has no length, RFC 9110, section 8.6
        headers.append((b"content-length", b"%d" % len(reply.body)))
    if reply.media_type:
        headers.append((b"content-type", reply.media_type.encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def reply_of(status: int, value: Any) -> Reply:
    """The response that a value is; others have their turn while a large one is written."""
    if has_few(value, _FEW):
        return Reply(status, encode(value))
    parts, size, told = [], 0, 0
    for part in texts(value):
        parts.append(part)
        size += len(part)
        if size - told > PIECE:
            told = size
            await asyncio.sleep(0)

    def joined() -> bytes:
        whole = b"".join(parts)
        if size > PIECE:
            drop_items(value)
        return whole

    return Reply(status, await beside(size, joined))
