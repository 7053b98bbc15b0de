"""A mock that lies: `python -m tests.conformance.broken TOKEN` serves the reference with some
answers rewritten.

A fault is chosen by the first segment of the path, so that one process serves them all:
`http://127.0.0.1:PORT/second-end/api/v1/chats`.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.app import App
from mock_server.settings import Settings

Answer = dict[str, Any]
SLOW = 1.5  # seconds between an open and its answer

ends: Counter[str] = Counter()


def second_end(scope: Scope, answer: Answer) -> None:
    """A second end overwrites the reason, for ever."""
    if "final_reason" in answer:
        ends[answer["id"]] += scope["path"].endswith("/end")
        if ends[answer["id"]] > 1:
            answer["final_reason"] = "overwritten"


def telltale(scope: Scope, answer: Answer) -> None:
    """An error repeats the credentials it was given, the name of the client, and worse."""
    if "title" in answer:
        sent = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        answer["detail"] = f"\x00\x1b[31m]]> <{sent}> " + "." * 230 + sent
        answer["status"] = 599


def no_list(scope: Scope, answer: Answer) -> None:
    """A page of sessions lacks its total."""
    answer.pop("total_count", None)


def faithful(scope: Scope, answer: Answer) -> None:
    """Nothing is rewritten."""


FAULTS: dict[str, Callable[[Scope, Answer], None]] = {
    "second-end": second_end,
    "telltale": telltale,
    "no-list": no_list,
    "slow-open": faithful,
}


class Broken:
    """Rewrites the JSON objects that an application answers with."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = scope.get("path", "").split("/")[1:2]
        if scope["type"] != "http" or not fault or fault[0] not in FAULTS:
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(f"/{fault[0]}")
        inner = {**scope, "path": path, "raw_path": path.encode()}
        slow = fault[0] == "slow-open" and scope["method"] == "POST" and path.endswith("/chats")
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await self.app(inner, receive, hold)
        await asyncio.sleep(SLOW if slow else 0)
        for message in rewritten(held, lambda answer: FAULTS[fault[0]](inner, answer)):
            await send(message)


def rewritten(held: list[Message], change: Callable[[Answer], None]) -> list[Message]:
    start = held[0]
    body = b"".join(message.get("body", b"") for message in held[1:])
    try:
        answer = json.loads(body)
    except ValueError:
        return held
    if isinstance(answer, dict):
        change(answer)
        body = json.dumps(answer).encode()
    kept = [(key, value) for key, value in start["headers"] if key.lower() != b"content-length"]
    headers = [*kept, (b"content-length", str(len(body)).encode())]
    return [{**start, "headers": headers}, {"type": "http.response.body", "body": body}]


class Server(uvicorn.Server):
    """Says where it listens."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(json.dumps({"url": f"http://127.0.0.1:{port}"}), flush=True)


if __name__ == "__main__":
    app = Broken(App(Settings(token=sys.argv[1])).asgi)
    Server(uvicorn.Config(app, port=0, log_config=None, lifespan="on", ws="none")).run()
