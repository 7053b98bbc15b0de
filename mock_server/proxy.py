"""A proxy that holds a real backend, and its clients, to the contract."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import islice
from typing import Any

import httpx
import orjson
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.middleware.exceptions import ExceptionMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.middleware.server_error import ServerErrorMiddleware
from connexion.resolver import Resolver
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.app import ADMIN, Front, find_handler, refusal
from mock_server.bodies import read_body
from mock_server.contract import Contract
from mock_server.problems import Problem, reply_with
from mock_server.recorder import REQUEST_ID
from mock_server.replies import send_reply
from mock_server.routing import Routing
from mock_server.settings import Settings
from mock_server.validation import ValidatedOperation, ValidationAPI, ValidationMiddleware
from mock_server.violations import describe_error, pointer_of, violation
from mock_server.witness import MOST_VIOLATIONS, VIOLATIONS, InPassing, Passing, Witness

__all__ = ["Proxy"]

# RFC 9110, section 7.6.1, and what the client of the upstream says for itself.
_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    b"transfer-encoding upgrade".split()
)
_REQUEST_ONLY = frozenset([b"host", b"content-length", b"accept-encoding", b"x-request-id"])
_CHECKED_BYTES = 4 * 1024 * 1024
_TOLD_BYTES = 4_000
_log = logging.getLogger("adjourn.proxy")

_Headers = list[tuple[bytes, bytes]]


class Proxy:
    """Passes everything on to `upstream`, a URL; `asgi` is the application.

    What breaks the contract is told in X-Mock-Violations, in the log and in the journal, and is
    passed on. The journal is at /__admin/requests; nothing of /__admin reaches the upstream, which
    would take every caller for one on this machine.
    """

    def __init__(
        self,
        upstream: str,
        contract: Contract,
        settings: Settings | None = None,
        timeout: float = 60.0,
    ) -> None:
        self.upstream = upstream.rstrip("/")
        self.settings = settings or Settings()
        self.stopping = asyncio.Event()
        self.client = httpx.AsyncClient(timeout=timeout, trust_env=False)
        self.within = partial(InPassing, passing=Passing(self.settings))
        self.asgi: ASGIApp = Front(self.within(Witness(self._connexion(contract))), self.plane)

    def plane(self) -> ASGIApp:
        """The journal's part of the control plane."""
        from mock_server.admin.plane import Plane

        return Plane(self, self.within, "/requests")

    async def forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the upstream and give its answer, with what is wrong with either."""
        found: list[dict[str, str]] = scope["extensions"].setdefault(VIOLATIONS, [])
        operation = scope["extensions"].get("adjourn.operation")
        if operation is None:
            found.append(violation("path", "", "wanted an operation of the contract, got none"))
        try:
            body = await read_body(receive, None)
            async with self._ask(scope, body) as response:
                await _answer(response, operation, found, scope, send)
        except httpx.HTTPError as error:
            cause = str(error) or type(error).__name__
            problem = Problem("upstream-failed", f"{self.upstream} gave no answer: {cause}.")
            await send_reply(send, reply_with(problem, "problem"))

    @asynccontextmanager
    async def _ask(self, scope: Scope, body: bytes) -> AsyncIterator[httpx.Response]:
        query = scope["query_string"].decode("latin-1")
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        url = httpx.URL(f"{self.upstream}{path}" + (f"?{query}" if query else ""))
        if ADMIN in url.path:  # by way of dots, which are gone now
            raise Problem("unknown-path", f"{ADMIN} of the upstream is not passed on to.")
        headers = _passed(scope["headers"], _REQUEST_ONLY)
        # Only what is not compressed can be checked on its way.
        headers.append((b"accept-encoding", b"identity"))
        headers.append((b"x-request-id", REQUEST_ID.get().encode()))
        async with self.client.stream(
            scope["method"], url, headers=headers, content=body or None
        ) as response:
            yield response

    def _connexion(self, contract: Contract) -> ASGIApp:
        connexion = ConnexionMiddleware(
            self.forward,
            import_name="mock_server",
            lifespan=self._lifespan,
            middlewares=[
                ServerErrorMiddleware,
                ExceptionMiddleware,
                _Passage,
                _Judgement,
                LifespanMiddleware,
            ],
            resolver=Resolver(find_handler),
        )
        connexion.add_api(contract.document)
        for kind in (Problem, HTTPException, Exception):
            connexion.add_error_handler(
                kind, lambda request, error: refusal(error, request.scope, "", "problem")
            )
        app: ASGIApp = connexion
        return app

    @asynccontextmanager
    async def _lifespan(self, _: Any) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await self.client.aclose()


class _Passage(Routing):
    """Names the operation, and lets through what is none."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.find(scope["method"], scope["path"]) is None:
            scope.setdefault("extensions", {})[ROUTING_CONTEXT] = {}
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class _JudgedOperation(ValidatedOperation):
    """Notes what is wrong with a request, and hands it on all the same."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive, None)
        try:
            await self.parse(scope, _replay(body))
            found: list[Mapping[str, str]] = []
        except Problem as problem:
            found = [*problem.errors] or [violation("request", "", problem.detail)]
        scope["extensions"][VIOLATIONS] = found
        scope["extensions"]["adjourn.operation"] = self
        await self.next_app(scope, _replay(body), send)

    def faults_of(self, status: int, media_type: str, body: bytes) -> list[dict[str, str]]:
        """What is wrong with an answer."""
        validator = self.responses.get((status, media_type))
        if validator is None:
            detail = f"the contract has no {status} as {media_type or 'nothing'} here"
            return [violation("response", "", detail)]
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            return [violation("response", "", "wanted JSON, got something else")]
        return [
            violation("response", pointer_of(error), describe_error(error), error.kind.name)
            for error in islice(validator.iter_errors(value), MOST_VIOLATIONS)
        ]


class _JudgementAPI(ValidationAPI):
    def make_operation(self, operation: Any) -> _JudgedOperation:
        return _JudgedOperation(self.next_app, operation, self.settings)


class _Judgement(ValidationMiddleware):
    api_cls = _JudgementAPI

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, Settings())


async def _answer(
    response: httpx.Response,
    operation: _JudgedOperation | None,
    found: list[dict[str, str]],
    scope: Scope,
    send: Send,
) -> None:
    """Pass an answer on: checked if it is short enough, else in parts as it comes."""
    parts = response.aiter_raw()
    body, ended = await _beginning(parts)
    if ended and operation is not None and scope["method"] != "HEAD":
        media_type = response.headers.get("content-type", "").partition(";")[0].strip()
        found.extend(operation.faults_of(response.status_code, media_type, body))
    headers = _passed(response.headers.raw, frozenset([b"content-length"] if ended else []))
    if ended and scope["method"] != "HEAD":
        headers.append((b"content-length", b"%d" % len(body)))
    if found:
        headers.append((b"x-mock-violations", _told(found)))
        _log.warning("%s %s: %s", scope["method"], scope["path"], _told(found).decode())
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": not ended})
    if not ended:
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _beginning(parts: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """The first bytes of an answer, and whether they are all."""
    body = b""
    async for part in parts:
        body += part
        if len(body) > _CHECKED_BYTES:
            return body, False
    return body, True


def _passed(headers: Sequence[tuple[bytes, bytes]], left_out: frozenset[bytes]) -> _Headers:
    """The headers that concern the other end."""
    lowered = [(name.lower(), value) for name, value in headers]
    named = b",".join(value for name, value in lowered if name == b"connection")
    hops = {token.strip().lower() for token in named.split(b",")} | _HOP_BY_HOP | left_out
    return [(name, value) for name, value in lowered if name not in hops]


def _told(found: Sequence[Mapping[str, str]]) -> bytes:
    """The violations as JSON in ASCII, as many as fit a header."""
    told: list[str] = []
    for entry in found:
        text = json.dumps(dict(entry), separators=(",", ":"))
        if sum(map(len, told)) + len(text) > _TOLD_BYTES:
            break
        told.append(text)
    return f"[{','.join(told)}]".encode()


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
