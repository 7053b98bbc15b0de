"""A proxy that holds a real backend, and its clients, to the contract."""

import asyncio
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.resolver import Resolver
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..admin.front import ADMIN, Front
from ..contract.document import Contract
from ..http.connection import TRANSPORT
from ..http.errors import Errors, refusal
from ..http.pages import PROBES
from ..http.recorder import REQUEST_ID
from ..http.replies import send_reply
from ..http.routing import add_contract
from ..http.streams import ClientGone, content, gone, send_parts
from ..outgoing import cause_of
from ..problems.kinds import Problem, Reply, reply_with
from ..problems.violations import violation
from ..settings import Settings
from .checks import OPERATION, JudgedOperation, Judgement, Passage
from .journal import VIOLATIONS, InPassing, Passing, Witness

__all__ = ["Proxy"]

# RFC 9110, section 7.6.1, and what the client of the upstream says for itself.
_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    b"transfer-encoding upgrade".split()
)
_REQUEST_ONLY = frozenset([b"host", b"accept-encoding", b"x-request-id"])
_LENGTH = frozenset([b"content-length"])
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
        # Of its own, so that a request which comes back is told from one by another proxy.
        self.name = f"adjourn-{secrets.token_hex(4)}".encode()
        self.stopping = asyncio.Event()
        self.started = time.monotonic()
        self.ready = False
        self.timeout = timeout
        self.client = self.settings.outgoing.async_client(self.upstream, timeout)
        self.within = partial(InPassing, passing=Passing(self.settings))
        self.asgi: ASGIApp = Front(self.within(Witness(self._connexion(contract))), self.plane)

    def plane(self) -> ASGIApp:
        """The parts of the control plane that a proxy has: its journal, its health."""
        from ..admin.plane import Plane

        return Plane(self, self.within, ("/requests", "/health"))

    async def forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the upstream and give its answer, with what is wrong with either."""
        if any(self.name in value for name, value in scope["headers"] if name == b"via"):
            detail = f"The upstream, {self.upstream}, leads back to this proxy; correct --upstream."
            raise Problem("upstream-loop", detail)
        found: list[dict[str, str]] = scope["extensions"].setdefault(VIOLATIONS, [])
        operation = scope["extensions"].get(OPERATION)
        if operation is None and not _is_beside(scope):
            found.append(violation("path", "", "wanted an operation of the contract, got none"))
        try:
            async with self._ask(scope, receive) as response:
                parts = response.aiter_raw()
                body, ended = await _judged(response, parts, operation, found, scope["method"])
                via = self._via(response.http_version.partition("/")[2])
                await send(_head(response, len(body) if ended else None, found, scope, via))
                await send({"type": "http.response.body", "body": body, "more_body": not ended})
                if not ended:
                    await self._pass_on(parts, found, scope, receive, send)
        except ClientGone:
            _log.warning("%s %s: the client left", scope["method"], scope["path"])
        except httpx.HTTPError as error:
            detail = f"{self.upstream} gave no answer: {cause_of(error, self.timeout)}."
            _log.warning("%s %s: %s", scope["method"], scope["path"], detail)
            problem = Problem("upstream-failed", detail)
            await send_reply(send, reply_with(problem, "problem"))

    async def _pass_on(
        self,
        parts: AsyncIterator[bytes],
        found: list[dict[str, str]],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        """Pass an answer on as it comes; if it breaks off, so does what the client gets."""
        try:
            whole = await send_parts(parts, receive, send, self.stopping)
        except httpx.HTTPError as error:
            whole = False
            found.append(
                violation("response", "", f"wanted all of it, got {cause_of(error, self.timeout)}")
            )
            _log.warning("%s %s: %s", scope["method"], scope["path"], found[-1]["detail"])
        if whole:
            await send({"type": "http.response.body", "body": b""})
        else:
            transport: asyncio.Transport = scope["extensions"][TRANSPORT]
            transport.close()
            await gone(receive)

    @asynccontextmanager
    async def _ask(self, scope: Scope, receive: Receive) -> AsyncIterator[httpx.Response]:
        query = scope["query_string"].decode("latin-1")
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        url = httpx.URL(f"{self.upstream}{path}" + (f"?{query}" if query else ""))
        if ADMIN in url.path:  # by way of dots, which are gone now
            raise Problem("unknown-path", f"{ADMIN} of the upstream is not passed on to.")
        headers = _passed(scope["headers"], _REQUEST_ONLY)
        # Only what is not compressed can be checked on its way.
        headers.append((b"accept-encoding", b"identity"))
        headers.append((b"x-request-id", REQUEST_ID.get().encode()))
        headers.append(self._via(scope["http_version"]))
        body = content(receive) if _has_body(scope) else None
        async with self.client.stream(
            scope["method"], url, headers=headers, content=body
        ) as answer:
            yield answer

    def _via(self, version: str) -> tuple[bytes, bytes]:
        """The header that says, of a message in this version of HTTP, who has passed it on."""
        return b"via", b"%s %s" % (version.encode(), self.name)

    def _connexion(self, contract: Contract) -> ASGIApp:
        connexion = ConnexionMiddleware(
            self.forward,
            import_name=__name__,
            lifespan=self._lifespan,
            middlewares=[
                partial(Errors, refuse=_refuse),
                Passage,
                Judgement,
                LifespanMiddleware,
            ],
            resolver=Resolver(lambda _: self.forward),
        )
        add_contract(connexion, contract)
        app: ASGIApp = connexion
        return app

    @asynccontextmanager
    async def _lifespan(self, _: Any) -> AsyncIterator[None]:
        self.ready = True
        try:
            yield
        finally:
            self.ready = False
            await self.client.aclose()


def _is_beside(scope: Scope) -> bool:
    """Whether a request is none of the API's clients' own: a probe, or a browser's preflight."""
    preflight = b"access-control-request-method" in dict(scope["headers"])
    return scope["path"] in PROBES or (scope["method"] == "OPTIONS" and preflight)


def _refuse(error: Exception, scope: Scope) -> Reply:
    return refusal(error, scope, "", "problem")


async def _judged(
    response: httpx.Response,
    parts: AsyncIterator[bytes],
    operation: JudgedOperation | None,
    found: list[dict[str, str]],
    method: str,
) -> tuple[bytes, bool]:
    """The first bytes of an answer, and whether they are all; only what can be judged is held."""
    if operation is None:
        return b"", False
    found.extend(operation.faults_of_head(method, response.status_code, response.headers))
    if method == "HEAD" or response.status_code not in operation.headers:
        return b"", False
    media_type = response.headers.get("content-type", "").partition(";")[0].strip()
    body, ended = b"", False
    if (response.status_code, media_type) in operation.responses:
        body, ended = await _beginning(parts)
        if not ended:
            return body, False
    found.extend(operation.faults_of(response.status_code, media_type, body))
    return body, ended


async def _beginning(parts: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    body = b""
    async for part in parts:
        body += part
        if len(body) > _CHECKED_BYTES:
            return body, False
    return body, True


def _head(
    response: httpx.Response,
    length: int | None,
    found: Sequence[Mapping[str, str]],
    scope: Scope,
    via: tuple[bytes, bytes],
) -> Message:
    """The head to send; `length` None leaves to the upstream what it says of it."""
    headers = [*_passed(response.headers.raw, frozenset() if length is None else _LENGTH), via]
    if length is not None:
        headers.append((b"content-length", b"%d" % length))
    if found:
        headers.append((b"x-mock-violations", _told(found)))
        _log.warning("%s %s: %s", scope["method"], scope["path"], _told(found).decode())
    return {"type": "http.response.start", "status": response.status_code, "headers": headers}


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


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
