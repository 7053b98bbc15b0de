"""A proxy before a real backend: passes on, and checks both sides against the contract."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Any

import httpx
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.resolver import Resolver
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..admin.front import ADMIN, Front
from ..contract.document import Contract
from ..http.cors import CorsMiddleware
from ..http.errors import Errors, refusal
from ..http.layers import Layers
from ..http.pages import PROBES
from ..http.recorder import REQUEST_ID
from ..http.replies import send_reply
from ..http.routing import add_contract
from ..http.sandboxes import SANDBOX
from ..http.streams import ClientGone, content, gone, send_parts, transport_of
from ..outgoing.faults import OutgoingFault
from ..outgoing.headers import CLIENTS_OWN
from ..problems.kinds import Problem, Reply, reply_with
from ..problems.violations import violation
from ..settings import Settings
from .answers import LIMIT
from .checks import OPERATION, CheckedOperation, ProxyRouting
from .headers import has_body, in_header, of_clients, passed_on
from .held import HeldBody
from .journal import VIOLATIONS, ProxyRecorder, ProxyState
from .rules import AnswerRules

# What the client of the upstream says for itself.
_REQUEST_ONLY = frozenset([b"host", b"accept-encoding", b"x-request-id"])
BODY_SECONDS = 60.0  # as long as a request may take to be whole
_SAFE = ("GET", "HEAD", "OPTIONS")
_CLOSED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
_LENGTH = frozenset([b"content-length"])
_BODILESS = (204, 304)  # their length, if told, is that of another answer
_CORS = frozenset(
    b"access-control-allow-origin access-control-allow-credentials "
    b"access-control-expose-headers".split()
)
_log = logging.getLogger("adjourn.proxy")


class Exchange:
    """A request that is passed on, with what was found wrong with it and with its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.receive, self.send = scope, receive, send
        self.operation: CheckedOperation | None = scope["extensions"].get(OPERATION)
        self.found: list[dict[str, str]] = scope["extensions"].setdefault(VIOLATIONS, [])

    def note(self, found: Sequence[dict[str, str]], late: bool = False) -> None:
        """Note what was found; too `late` for the head, it is logged at once."""
        self.found.extend(found)
        if late:
            self.log(found)

    def log(self, found: Sequence[dict[str, str]]) -> None:
        if found:
            self.warn(self.scope["extensions"][SANDBOX].redacted(in_header(found)).decode())

    def warn(self, text: str) -> None:
        _log.warning("%s %s: %s", self.scope["method"], self.scope["path"], text)


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
        outgoing = self.settings.outgoing
        self.client = outgoing.async_client(self.upstream, timeout)
        added = {name.lower() for name, _ in outgoing.headers}
        for name in added & of_clients(contract.document):
            raise OutgoingFault(f"--header {name.decode()}: {CLIENTS_OWN}")
        self.cause_of = outgoing.cause_of
        self.own = _REQUEST_ONLY | added
        socket = outgoing.unix_socket
        self.place = f"--unix-socket {socket}" if socket else self.upstream
        self.within = ProxyState(self.settings).within
        api = self.within(ProxyRecorder(self._connexion(contract)))
        self.cors = CorsMiddleware(api, self.settings.cors_origins)
        self.asgi: ASGIApp = Front(self.cors, self.plane)

    def plane(self) -> ASGIApp:
        """The parts of the control plane that a proxy has: journal, health, the page of both."""
        from ..admin.plane import Plane

        return Plane(self, self.within, ("/requests", "/health", "/ui"))

    async def forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the upstream and give its answer, with what is wrong with either."""
        if any(self.name in value for name, value in scope["headers"] if name == b"via"):
            detail = f"The upstream, {self.upstream}, leads back to this proxy; correct --upstream."
            raise Problem("upstream-loop", detail)
        exchange = Exchange(scope, receive, send)
        if exchange.operation is None and not _is_beside(scope):
            exchange.note([violation("path", "", "wanted an operation of the contract, got none")])
        try:
            async with self._ask(scope, receive) as response:
                await self._answer(response, exchange)
        except ClientGone:
            exchange.warn("the client left")
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            detail = f"{self.place} gave no answer: {self.cause_of(error, self.timeout)}."
            exchange.warn(detail)
            await send_reply(send, reply_with(Problem("upstream-failed", detail), "problem"))

    async def _answer(self, response: httpx.Response, exchange: Exchange) -> None:
        """Give an answer, checked before its head leaves if it is whole by then, else behind it."""
        operation, method = exchange.operation, exchange.scope["method"]
        if operation and not operation.note_head(response, method, exchange.found):
            operation = None  # its body is not to be checked
        body = HeldBody(response.aiter_raw(), LIMIT if operation else 0)
        try:
            if operation:
                await body.hold()
                if body.is_whole:
                    exchange.note(await operation.faults_of_body(response, body.body))
            await exchange.send(self._head(response, body.size if body.ended else None, exchange))
            more = not body.ended
            await exchange.send(
                {"type": "http.response.body", "body": body.body, "more_body": more}
            )
            if more:
                await self._pass_on(body.rest(), exchange)
                if operation and body.is_whole:
                    exchange.note(await operation.faults_of_body(response, body.body), late=True)
        finally:
            await body.close()

    async def _pass_on(self, parts: AsyncIterator[bytes], exchange: Exchange) -> None:
        """Pass an answer on as it comes; if it breaks off, so does what the client gets."""
        try:
            whole = await send_parts(parts, exchange.receive, exchange.send, self.stopping)
        except httpx.HTTPError as error:
            whole = False
            cause = self.cause_of(error, self.timeout)
            fault = violation("response", "", f"wanted all of it, but {cause}")
            exchange.note([fault], late=True)
        if whole:
            await exchange.send({"type": "http.response.body", "body": b""})
        else:
            if transport := transport_of(exchange.scope):
                transport.close()
            await gone(exchange.receive)

    def _head(self, response: httpx.Response, length: int | None, exchange: Exchange) -> Message:
        """The head to send; `length` None leaves to the upstream what it says of it."""
        told = length is None and response.status_code not in _BODILESS
        left_out = frozenset() if told else _LENGTH
        origin = dict(exchange.scope["headers"]).get(b"origin")
        if origin is not None and self.cors.allows(origin):
            left_out |= _CORS  # the proxy grants it: twice would be refused by a browser
        via = self._via(response.http_version.partition("/")[2])
        headers = [*passed_on(response.headers.raw, left_out), via]
        if length is not None and response.status_code not in _BODILESS:
            headers.append((b"content-length", b"%d" % length))
        if exchange.found:
            headers.append((b"x-mock-violations", in_header(exchange.found)))
            exchange.log(exchange.found)
        return {"type": "http.response.start", "status": response.status_code, "headers": headers}

    @asynccontextmanager
    async def _ask(self, scope: Scope, receive: Receive) -> AsyncIterator[httpx.Response]:
        query = scope["query_string"].decode("latin-1")
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        extensions: dict[str, Any] = {}
        if path == "*":  # OPTIONS of the server itself
            path, extensions = "", {"target": b"*"}
        url = httpx.URL(f"{self.upstream}{path}" + (f"?{query}" if query else ""))
        if ADMIN in url.path:  # by way of dots, which are gone now
            raise Problem("unknown-path", f"{ADMIN} of the upstream is not passed on to.")
        headers = passed_on(scope["headers"], self.own)
        # Only what is not compressed can be checked on its way.
        headers.append((b"accept-encoding", b"identity"))
        headers.append((b"x-request-id", REQUEST_ID.get().encode()))
        headers.append(self._via(scope["http_version"]))
        body = content(receive) if has_body(scope) else None
        request = self.client.build_request(
            scope["method"], url, headers=headers, content=body, extensions=extensions
        )
        try:
            answer = await self._head_of(request)
        except _CLOSED:  # as an idle connection may be at any time: RFC 9112, section 9.3.1
            if body or scope["method"] not in _SAFE:
                raise
            answer = await self._head_of(request)
        async with aclosing(answer):
            yield answer

    async def _head_of(self, request: httpx.Request) -> httpx.Response:
        """The answer, when its head has come: in time, however little comes at a time. The body
        of a request has as long as its client is given for it."""
        has_body = {"content-length", "transfer-encoding"} & request.headers.keys()
        seconds = self.timeout + (BODY_SECONDS if has_body else 0)
        try:
            async with asyncio.timeout(seconds):
                return await self.client.send(request, stream=True)
        except TimeoutError as error:
            raise httpx.ReadTimeout("the head did not end in time") from error

    def _via(self, version: str) -> tuple[bytes, bytes]:
        """The header that says, of a message in this version of HTTP, who has passed it on."""
        return b"via", b"%s %s" % (version.encode(), self.name)

    def _connexion(self, contract: Contract) -> ASGIApp:
        check = partial(CheckedOperation, rules=AnswerRules(contract.resource))
        connexion = ConnexionMiddleware(
            self.forward,
            import_name=__name__,
            lifespan=self._lifespan,
            middlewares=[
                partial(Errors, refuse=_refuse),
                ProxyRouting,
                partial(Layers, makes=[check]),
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
    """Whether a request is about no operation: a probe, a browser's preflight, or one about the
    server as a whole."""
    about = scope["path"] == "*" or b"access-control-request-method" in dict(scope["headers"])
    return scope["path"] in PROBES or (scope["method"] == "OPTIONS" and about)


def _refuse(error: Exception, scope: Scope) -> Reply:
    return refusal(error, scope, "", "problem")
