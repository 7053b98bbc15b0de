"""HTTP: routes, credentials, limits, and answers as bytes."""

import json
import re
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from . import checks
from .bodies import Bodies
from .domain import Desk
from .refusals import RefusedError
from .results import Archive
from .truth import BEARER, names, renamed
from .views import Views

Doc = dict[str, Any]
Handler = Callable[[Request, str], Awaitable[tuple[int, Doc]]]
ID = re.compile("[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="chats", charset="UTF-8"'}
SOUP = {
    "Server": "edge/2.4",
    "Via": "1.1 edge-7 (proxy)",
    "Cache-Control": "no-store",
    "Vary": "Accept-Encoding, Origin",
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
    "X-Cache": "MISS",
    "Set-Cookie": "edge=7; Path=/; HttpOnly",
}


class Web:
    """Turns requests into calls of the desk and the archive, and their answers into responses."""

    def __init__(
        self,
        choices: Mapping[str, str],
        tokens: Mapping[str, str],
        desk: Desk,
        views: Views,
        archive: Archive,
    ) -> None:
        self.choices = choices
        self.tokens = tokens
        self.desk = desk
        self.views = views
        self.archive = archive
        self.bodies = Bodies(choices)
        self.recent: deque[float] = deque()
        self.new = names(choices["names"])
        self.old = {new: old for old, new in self.new.items()}

    def routes(self) -> list[Route]:
        """One route per path, each with all its methods, and one for every other path."""
        chats = self.choices["chats"]
        chat = chats + "/{id}"
        return [
            self.route(chats, GET=self.list_chats, POST=self.open_chat),
            self.route(chat, GET=self.get_chat),
            self.route(f"{chat}/messages", POST=self.submit_message),
            self.route(f"{chat}/end", POST=self.end_chat),
            self.route(self.choices["results"], POST=self.search_results),
            self.route("/{rest:path}"),
        ]

    def route(self, path: str, **handlers: Handler) -> Route:
        if "GET" in handlers and self.choices["head"] == "served":
            handlers["HEAD"] = handlers["GET"]
        return Route(path, Gate(self, handlers))

    async def answer(self, request: Request, handlers: Mapping[str, Handler]) -> Response:
        """The response to a request, whatever it is."""
        handler = handlers.get(request.method)
        try:
            self.limit()
            org = self.authorise(request, handler.__name__ if handler else "")
            if handler is None:
                raise self.misdirected(handlers)
            return self.reply(*await handler(request, org))
        except RefusedError as refusal:
            return self.refuse(refusal)

    # Gatekeeping

    def limit(self) -> None:
        """Refuse what is more than the allowed requests within one second."""
        if self.choices["rate_limit"] == "off":
            return
        now = time.monotonic()
        while self.recent and self.recent[0] <= now - 1:
            self.recent.popleft()
        if len(self.recent) >= float(self.choices["rate_limit"]):
            raise RefusedError(429, "Not so fast.", headers={"Retry-After": "1"})
        self.recent.append(now)

    def authorise(self, request: Request, operation: str) -> str:
        """The organisation whose key the request carries; any key will do if none is set."""
        wanted, public = self.choices["key"], self.choices["public"].split(",")
        if wanted == "none" or operation in public:
            return next(iter(self.tokens.values()), "org-1")
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if wanted != BEARER:
            scheme, key = BEARER, request.headers.get(wanted, "")
        org = self.organisation(key.strip())
        if scheme.lower() != BEARER or org is None:
            raise RefusedError(401, "Who are you? Send your key.", headers=dict(CHALLENGE))
        return org

    def organisation(self, key: str) -> str | None:
        """Whose key it is; None if nobody's."""
        if self.tokens:
            return self.tokens.get(key)
        return "org-1" if key else None

    def misdirected(self, handlers: Mapping[str, Handler]) -> RefusedError:
        """The refusal of an unknown path, or of a method that the path does not have."""
        if not handlers:
            return RefusedError(404, "Nothing lives here.")
        return RefusedError(405, "Not that way.", headers={"Allow": ", ".join(sorted(handlers))})

    def session(self, request: Request, org: str) -> Doc:
        """The session that the path names."""
        name = request.path_params["id"]
        if not ID.fullmatch(name):
            raise RefusedError(self.choices["malformed_id"], "A session id is a UUID.")
        return self.desk.find(org, name)

    # Operations

    async def open_chat(self, request: Request, org: str) -> tuple[int, Doc]:
        order = checks.open_order(await self.bodies.read(request), self.choices)
        session, new = await self.desk.open(org, order)
        return int(self.choices["open_status"]) if new else 200, self.views.session(session)

    async def list_chats(self, request: Request, org: str) -> tuple[int, Doc]:
        query = checks.list_query(renamed(dict(request.query_params), self.old), self.choices)
        return 200, self.views.page(self.desk.matches(org, query), query)

    async def get_chat(self, request: Request, org: str) -> tuple[int, Doc]:
        return 200, self.views.session(self.session(request, org))

    async def submit_message(self, request: Request, org: str) -> tuple[int, Doc]:
        session = self.session(request, org)
        order = checks.turn_order(await self.bodies.read(request), self.choices)
        return 200, self.views.turn(await self.desk.submit(session, order))

    async def end_chat(self, request: Request, org: str) -> tuple[int, Doc]:
        session = self.session(request, org)
        order = checks.end_order(await self.bodies.read_optional(request), self.choices)
        return 200, self.views.session(await self.desk.end(session, order.get("note")))

    async def search_results(self, request: Request, org: str) -> tuple[int, Doc]:
        order = checks.search_order(await self.bodies.read(request), self.choices)
        return 200, self.archive.search(org, order)

    # Answers

    def reply(self, status: int, document: Doc) -> Response:
        """A document as a response."""
        media = "application/json"
        if self.choices["headers"] == "proxy":
            media += ";charset=UTF-8"
        return Response(self.encode(renamed(document, self.new)), status, self.headers(), media)

    def refuse(self, refusal: RefusedError) -> Response:
        """A refusal as a response."""
        headers = self.headers() | refusal.headers
        if self.choices["errors"] == "text":
            return Response(refusal.sentence + "\n", refusal.status, headers, "text/plain")
        document = self.encode(self.problem(refusal))
        return Response(document, refusal.status, headers, "application/problem+json")

    def problem(self, refusal: RefusedError) -> Doc:
        """A refusal as a problem document."""
        shown: Doc = {
            "title": refusal.title,
            "status": refusal.status,
            "detail": refusal.sentence,
            "trace": uuid.uuid4().hex,
        }
        return shown | ({"errors": refusal.faults} if refusal.faults else {})

    def encode(self, document: Doc) -> bytes:
        """JSON in ASCII, which carries half a surrogate pair too."""
        if self.choices["json"] == "compact":
            return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
        loose = dict(sorted(document.items(), reverse=True))
        return json.dumps(loose, separators=(" , ", " : "), allow_nan=False).encode()

    def headers(self) -> dict[str, str]:
        """What a proxy would add."""
        if self.choices["headers"] == "bare":
            return {}
        return SOUP | {"X-Request-Id": uuid.uuid4().hex}


class Gate:
    """One path as an ASGI app; Starlette leaves every method to such an object."""

    def __init__(self, web: Web, handlers: Mapping[str, Handler]) -> None:
        self.web = web
        self.handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.web.answer(Request(scope, receive), self.handlers)
        await response(scope, receive, send)
