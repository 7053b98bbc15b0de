"""The means of a mutant: another function in the place of one, another answer on the way out."""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

import mock_server.http.lazy  # noqa: F401  (loads Connexion, for less than it costs alone)
from mock_server.app import App
from mock_server.http.validation import ValidatedOperation

Fault = Callable[..., Any]

# The operation of a request, told by its method and the last segment of its path.
OPERATIONS = {
    ("POST", "chats"): "openChat",
    ("GET", "chats"): "listChats",
    ("POST", "messages"): "submitMessage",
    ("POST", "end"): "endChat",
    ("POST", "search"): "searchCallResults",
}


@dataclass
class Answer:
    """A response on its way out, to be changed in place; `request` is the ASGI scope."""

    request: Scope
    operation: str
    status: int
    headers: dict[str, str]
    content: bytes
    json: Any = field(init=False)
    silence: float | None = None  # seconds, after which the connection is closed, unanswered

    def __post_init__(self) -> None:
        try:
            self.json = json.loads(self.content)
        except ValueError:
            self.json = None
        self.told = json.dumps(self.json)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def messages(self) -> tuple[Message, Message]:
        """The response in ASGI's words; `content` counts, unless `json` was changed."""
        changed = json.dumps(self.json) != self.told
        body = json.dumps(self.json).encode() if changed else self.content
        headers = {**self.headers, "content-length": str(len(body))}
        raw = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]
        start = {"type": "http.response.start", "status": self.status, "headers": raw}
        return start, {"type": "http.response.body", "body": body}


class Patch:
    """Changes the mock of this process, before it is built."""

    def __init__(self) -> None:
        # A backend that is wrong does not notice; the mock would answer 500 in its place.
        self.around(ValidatedOperation, "checked")(lambda real, operation, send: send)

    def around(self, owner: Any, name: str) -> Callable[[Fault], None]:
        """Put a fault in the place of a function: `fault(real, *arguments)`.

        `owner` is a class, a module or a table of functions; an error where it has no such.
        """
        if isinstance(owner, dict):
            return lambda fault: owner.update({name: functools.partial(fault, owner[name])})
        real = inspect.getattr_static(owner, name)
        if isinstance(real, property):
            return lambda fault: setattr(owner, name, property(functools.partial(fault, real.fget)))

        def plant(fault: Fault) -> None:
            def faulty(*arguments: Any, **named: Any) -> Any:
                return fault(real, *arguments, **named)

            setattr(owner, name, faulty)

        return plant

    def answer(self, *operations: str) -> Callable[[Callable[[Answer], None]], None]:
        """Change the responses of these operations, of everything where none is named."""

        def plant(change: Callable[[Answer], None]) -> None:
            @self.around(App, "__init__")
            def build(real: Any, app: App, *arguments: Any) -> None:
                real(app, *arguments)
                app.asgi = _rewriting(app.asgi, frozenset(operations), change)

        return plant


def _rewriting(
    app: ASGIApp, operations: frozenset[str], change: Callable[[Answer], None]
) -> ASGIApp:
    async def rewriting(scope: Scope, receive: Receive, send: Send) -> None:
        operation = _operation(scope) if scope["type"] == "http" else None
        if operation is None or (operations and operation not in operations):
            await app(scope, receive, send)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await app(scope, receive, hold)
        answer = _answer(scope, operation, held)
        change(answer)
        if answer.silence is not None:
            await asyncio.sleep(answer.silence)
            await _hang_up(receive)
            return
        for message in answer.messages():
            await send(message)

    return rewriting


async def _hang_up(receive: Receive) -> None:
    """Close the connection as a server does that has crashed."""
    cycle = receive.__self__  # type: ignore[attr-defined]  # uvicorn's
    cycle.transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass


def _answer(scope: Scope, operation: str, held: list[Message]) -> Answer:
    headers = {k.decode().lower(): v.decode("latin-1") for k, v in held[0]["headers"]}
    content = b"".join(message.get("body", b"") for message in held[1:])
    return Answer(scope, operation, held[0]["status"], headers, content)


def _operation(scope: Scope) -> str:
    """The operation's id; `getChat` for every other GET, the method for the rest."""
    last = scope["path"].rsplit("/", 1)[-1]
    method = scope["method"]
    return OPERATIONS.get((method, last), "getChat" if method == "GET" else method)
