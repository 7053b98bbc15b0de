"""Sessions that are not what was opened, with ids that lead elsewhere."""

from __future__ import annotations

import json
from typing import Any

from ..server import Act, Call, Mode, told


def changed(**members: Any) -> Act:
    """The honest answer to an open with other members; every other answer is honest."""

    def act(call: Call) -> None:
        opened = call.request.method == "POST" and call.request.path.endswith("/chats")
        if not opened or call.honest.status != 201:
            call.send(told(call.honest))
            return
        names = {"stranger": call.around.stranger.removeprefix("http://")}
        own = {k: v.format(**names) if isinstance(v, str) else v for k, v in members.items()}
        body = json.dumps({**json.loads(call.honest.body), **own}).encode()
        call.send(told(call.honest, body=body))

    return act


def others_listed(call: Call) -> None:
    """Every list shows a session that somebody else has opened."""
    body = json.loads(call.honest.body or b"{}")
    if isinstance(body, dict) and "items" in body and call.request.method == "GET":
        body = {"items": [call.around.bystander, *body["items"]], "total_count": 10**6}
    call.send(told(call.honest, body=json.dumps(body).encode()))


def an_id(id: Any) -> Act:
    return changed(id=id)


MODES = (
    Mode("id-with-dots", "non-conformant", an_id("../../../__admin/reset"), keeps=True),
    Mode("id-with-encoded-dots", "non-conformant", an_id("..%2f..%2f__admin"), keeps=True),
    Mode("id-of-a-dot", "non-conformant", an_id(".."), keeps=True),
    Mode("id-with-a-query", "non-conformant", an_id("a?b=c#d"), keeps=True),
    Mode("id-that-is-a-url", "non-conformant", an_id("http://{stranger}/x"), keeps=True),
    Mode("id-with-an-authority", "non-conformant", an_id("@{stranger}/"), keeps=True),
    Mode("id-with-line-breaks", "non-conformant", an_id("a\r\nX-A: b\r\n\r\n"), keeps=True),
    Mode("id-of-1-mb", "non-conformant", an_id("a" * 1_000_000), keeps=True),
    Mode("id-with-nul", "non-conformant", an_id("a\0b"), keeps=True),
    Mode("id-with-a-surrogate", "non-conformant", an_id("\ud800"), keeps=True),
    Mode("id-of-a-number", "non-conformant", an_id(17), keeps=True),
    Mode("id-of-nothing", "non-conformant", an_id(""), keeps=True),
    Mode(
        "id-always-the-same",
        "non-conformant",
        an_id("0b8a1a54-9c53-4d1f-a9f0-7a3b1f6f2f10"),
        keeps=True,
    ),
    Mode("others-sessions-listed", "non-conformant", others_listed, keeps=True),
)
