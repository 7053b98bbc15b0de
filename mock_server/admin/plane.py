"""The control plane as an application: Connexion around the handlers of `admin.yaml`."""

import asyncio
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol, cast

from connexion.middleware import ConnexionMiddleware
from connexion.options import SwaggerUIOptions
from connexion.resolver import Resolver
from starlette.types import ASGIApp, Receive, Scope, Send

from ..contract.document import allowed_methods
from ..contract.source import read_source
from ..http.cors import CorsMiddleware
from ..http.documentation import Pages
from ..http.errors import Errors, refusal
from ..http.layers import Layers
from ..http.replies import reply_of, send_reply
from ..http.routing import Routing
from ..http.sandboxes import SANDBOX
from ..http.specification import add_document
from ..http.streams import gone, send_parts, unless
from ..http.validation import CALL, Call
from ..mock import Mock
from ..problems.kinds import Problem, Reply, reply_with
from ..settings import Settings
from .calls import AdminCall, Stream, Waiting
from .front import ADMIN, DOCUMENTATION
from .handlers import HANDLERS
from .operations import AdminOperation
from .safety import check_caller

_CONTRACT = Path(__file__).resolve().parent.parent / "admin.yaml"


class Controlled(Protocol):
    """What the control plane is there for, a mock for one; the handlers are given it."""

    settings: Settings
    stopping: asyncio.Event


class Plane:
    """`/__admin`: refuses callers who may not, and carries out what the others ask.

    `within` puts the sandbox that a call acts on into its scope; paths that begin with
    none of `serves` are left out.
    """

    def __init__(
        self,
        steered: Controlled,
        within: Callable[[ASGIApp], ASGIApp],
        serves: tuple[str, ...] = ("/",),
    ) -> None:
        self.steered = steered
        self.document = _contract(serves)
        self.app = within(self._connexion())
        origins = steered.settings.admin_cors_origins
        # Without origins that middleware would let every page in.
        self.entrance: ASGIApp = CorsMiddleware(self.guard, origins) if origins else self.guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.entrance(scope, receive, send)

    async def guard(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on the request of a caller who may."""
        settings = self.steered.settings
        origins = settings.admin_cors_origins
        try:
            check_caller(scope, settings.admin_token, settings.allowed_hosts, origins)
        except Problem as problem:
            await send_reply(send, reply_with(problem, "problem"))
        else:
            await self.app(scope, receive, send)

    async def dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry out a call that fits the contract."""
        call: Call | None = scope["extensions"].get(CALL)
        if call is None:
            raise Problem(
                "unknown-path", f"The control plane has no such path; see {ADMIN}{DOCUMENTATION}/."
            )
        on = cast(Mock, self.steered), scope["extensions"][SANDBOX]
        asked = AdminCall(*on, call.path, call.query, call.body, call.headers)
        answer = await HANDLERS[call.operation](asked)
        if isinstance(answer, Waiting):
            if came := await unless(gone(receive), answer.answer):
                await send_reply(send, await _json(*came))
        elif isinstance(answer, Stream):
            await send_stream(scope, receive, send, answer, self.steered.stopping)
        elif isinstance(answer, Reply):
            await send_reply(send, answer)
        else:
            await send_reply(send, await _json(*answer))

    def refuse(self, error: Exception, scope: Scope) -> Reply:
        """The answer to whatever was raised on the way."""
        path = scope["path"].removeprefix(ADMIN)
        allow = allowed_methods(self.document["paths"], path) or "GET, HEAD"
        return refusal(error, scope, allow, "problem")

    def _connexion(self) -> ConnexionMiddleware:
        connexion = ConnexionMiddleware(
            self.dispatch,
            import_name=__name__,
            middlewares=[
                partial(Errors, refuse=self.refuse),
                Pages,
                Routing,
                partial(Layers, makes=[AdminOperation]),
            ],
            resolver=Resolver(HANDLERS.__getitem__),
            swagger_ui_options=SwaggerUIOptions(swagger_ui_path=DOCUMENTATION),
        )
        add_document(connexion, self.document)
        return connexion


@cache
def _contract(serves: tuple[str, ...]) -> dict[str, Any]:
    document: dict[str, Any] = read_source(_CONTRACT).value
    paths = {path: item for path, item in document["paths"].items() if path.startswith(serves)}
    return {**document, "paths": paths}


async def send_stream(
    scope: Scope, receive: Receive, send: Send, stream: Stream, stopping: asyncio.Event
) -> None:
    """Send a response part by part, until the client leaves or the mock stops."""
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["method"] != "HEAD":
        await send_parts(stream.parts, receive, send, stopping)
    await send({"type": "http.response.body", "body": b""})


async def _json(status: int, value: Any) -> Reply:
    return Reply(status, b"", "") if value is None else await reply_of(status, value)
