"""The middleware that watches: request ids, the journal, coverage, and counts for the metrics."""

import itertools
import re
import secrets
import time
from collections import Counter, defaultdict
from contextvars import ContextVar

from connexion.middleware.abstract import ROUTING_CONTEXT
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..sandbox.journal import Entry, pack
from .bodies import BODY_LIMIT
from .headers import header
from .sandboxes import SANDBOX

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="-")
_HEADER = b"x-request-id"
_GIVEN = re.compile(rb"[!-~]{1,128}")


class Counts:
    """How many requests there were, and how long they took in all, by operation and status."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)


class Recorder:
    """Gives each request its id, and notes what became of it."""

    def __init__(self, app: ASGIApp, counts: Counts) -> None:
        self.app = app
        self.counts = counts
        self._prefix = secrets.token_hex(4)
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sandbox = scope["extensions"][SANDBOX]
        request_id = self.identify(scope)
        REQUEST_ID.set(request_id)
        entry = Entry(scope, sandbox.clock.now(), request_id)
        begun = time.perf_counter()
        has_body = scope["method"] not in ("GET", "HEAD")
        keeps = sandbox.journal.most > 0

        async def received() -> Message:
            message = await receive()
            if body := message.get("body"):
                entry.body += body[: BODY_LIMIT - len(entry.body)]
            return message

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
                headers = message["headers"]
                if header(headers, _HEADER) is None:
                    headers.append((_HEADER, request_id.encode()))
                entry.answer_headers = pack(headers)
                self.answered(entry, scope)
            elif keeps and (body := message.get("body")):
                entry.answer += body[: BODY_LIMIT - len(entry.answer)]
            await send(message)

        try:
            await self.app(scope, received if keeps and has_body else receive, sent)
        finally:
            entry.seconds = time.perf_counter() - begun
            self.note(entry, scope)
            if keeps:
                sandbox.journal.add(entry)

    def identify(self, scope: Scope) -> str:
        """The id that the client gave, if it can stand in a header, or a new one."""
        given: bytes | None = header(scope["headers"], _HEADER)
        if given and _GIVEN.fullmatch(given):
            return given.decode("ascii")
        return f"{self._prefix}-{next(self._numbers)}"

    def answered(self, entry: Entry, scope: Scope) -> None:
        """Count an answer as it leaves: its client may ask for the coverage next."""
        if operation := operation_of(scope):
            scope["extensions"][SANDBOX].coverage.answered(operation, entry.status)

    def note(self, entry: Entry, scope: Scope) -> None:
        """Count a request that is over."""
        entry.operation = operation_of(scope)
        operation = entry.operation or "none"
        self.counts.requests[operation, entry.status] += 1
        self.counts.seconds[operation] += entry.seconds


def operation_of(scope: Scope) -> str | None:
    """The operation that the request was routed to."""
    context = scope["extensions"].get(ROUTING_CONTEXT)
    operation: str | None = context["operation_id"] if context else None
    return operation
