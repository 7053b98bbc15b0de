"""Checks proxied exchanges against the contract, without blocking them."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

import httpx
from connexion.middleware.abstract import ROUTING_CONTEXT
from starlette.types import ASGIApp, Receive, Scope, Send

from ..codec import with_integers
from ..http.bodies import BODY_LIMIT
from ..http.routing import Routing
from ..http.security import Scheme
from ..http.streams import beginning, replay
from ..http.validation import Errors, ValidatedOperation
from ..large import beside
from ..problems.kinds import Problem
from ..problems.violations import describe_value, quote, schema_violations, violation
from ..settings import Settings
from .answers import decoded, is_decodable, media_type_of, parse_answer
from .journal import MOST_VIOLATIONS, VIOLATIONS
from .rules import AnswerRules

_OF_THE_SENT = (b"content-encoding", b"content-length")
OPERATION = "adjourn.operation"


class ProxyRouting(Routing):
    """Names the operation of a request; one that has none goes on all the same."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.find(scope["method"], scope["path"]) is None:
            scope.setdefault("extensions", {})[ROUTING_CONTEXT] = {}
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def find(self, method: str, path: str) -> tuple[dict[str, str], dict[str, str]] | None:
        """As ever, but HEAD is the same as GET."""
        return super().find("GET" if method == "HEAD" else method, path)


class CheckedOperation(ValidatedOperation):
    """Notes the violations of a request and hands it on; finds those of its answer."""

    def __init__(self, next_app: ASGIApp, operation: Any, rules: AnswerRules) -> None:
        super().__init__(next_app, operation, Settings())
        self.rules = rules
        self.scheme = Scheme.of(operation.security or (), operation.security_schemes or {})
        self.headers = {
            int(status): _required(response.get("headers", {}))
            for status, response in operation.responses.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, whole = await beginning(receive, BODY_LIMIT)
        found = self.unsecured(scope)
        if whole and len(body) <= BODY_LIMIT:
            try:
                await self.parse(scope, replay(body, whole, receive))
            except Problem as problem:
                found += [*problem.errors] or [violation("request", "", problem.detail)]
        scope["extensions"][VIOLATIONS] = found
        scope["extensions"][OPERATION] = self
        await self.next_app(scope, replay(body, whole, receive), send)

    async def read_json(self, scope: Scope, receive: Receive, errors: Errors) -> Any:
        """As ever, but a compressed body is judged by what it holds: the upstream may take it."""
        encoding = dict(scope["headers"]).get(b"content-encoding", b"").decode("latin-1")
        if encoding:
            body, _ = await beginning(receive, BODY_LIMIT)
            try:
                plain = decoded(body, encoding) if is_decodable(encoding) else None
            except ValueError as error:
                wanted = f"wanted what Content-Encoding says, got {error}"
                errors.append(violation("body", "", wanted))
                return None
            if plain is None or len(plain) > BODY_LIMIT:
                return None
            headers = [pair for pair in scope["headers"] if pair[0] not in _OF_THE_SENT]
            scope, receive = {**scope, "headers": headers}, replay(plain, True, receive)
        return await super().read_json(scope, receive, errors)

    def unsecured(self, scope: Scope) -> list[Mapping[str, str]]:
        """What is wrong with the credentials; which key is the right one the upstream knows."""
        try:
            if self.scheme:
                self.scheme.check(scope, None)
        except Problem as problem:
            place = "query" if self.scheme and self.scheme.kind == "query" else "header"
            return [violation(place, f"/{self.scheme and self.scheme.name}", problem.detail)]
        return []

    def note_head(self, response: httpx.Response, method: str, found: list[dict[str, str]]) -> bool:
        """Note what is wrong with an answer but for its body; whether that is to be checked."""
        status, headers = response.status_code, response.headers
        if status not in self.headers:
            if method != "HEAD" or status not in (405, 501):  # which a server need not know
                found.append(violation("response", "", f"the contract has no {status} here"))
            return False
        for name in self.headers[status]:
            if name not in headers:
                detail = f"wanted the header {name}, got none"
                found.append(violation("response", "", detail, "required"))
        if method == "HEAD":
            return False
        if (status, media_type := media_type_of(response)) not in self.responses:
            detail = f"the contract has no {status} as {media_type or 'nothing'} here"
            found.append(violation("response", "", detail))
            return False
        return True

    async def faults_of_body(self, response: httpx.Response, body: bytes) -> list[dict[str, str]]:
        """What is wrong with a body; a large one is looked at off the event loop."""
        return await beside(len(body), lambda: self.faults_of(response, body))

    def faults_of(self, response: httpx.Response, body: bytes) -> list[dict[str, str]]:
        """What is wrong with the body of an answer whose head is that of the contract."""
        status, media_type = response.status_code, media_type_of(response)
        validator = self.responses[status, media_type]
        encoding = response.headers.get("content-encoding", "")
        try:
            plain = decoded(body, encoding)
        except ValueError as error:
            detail = f"wanted what Content-Encoding says, got {error}"
            return [violation("response", "", detail)]
        if plain is None:
            return []
        try:
            value = parse_answer(plain)
        except ValueError:
            detail = "wanted JSON, got something else"
            if not is_decodable(encoding):
                detail = f"wanted no Content-Encoding that was not asked for, got {quote(encoding)}"
            return [violation("response", "", detail)]
        if not validator.is_valid(value):
            value = with_integers(value)
        status_member = value.get("status") if isinstance(value, dict) else None
        if media_type == "application/problem+json" and status_member not in (None, status):
            got = describe_value(status_member)
            detail = f"wanted the status of the answer, {status}, got {got}"
            return [violation("response", "/status", detail)]
        broken = self.rules.violations(self.id, value) if status < 300 else ()
        found = islice(broken, MOST_VIOLATIONS)
        return [*schema_violations(validator, value, "response"), *found]


def _required(headers: Mapping[str, Any]) -> list[str]:
    return [name for name, header in headers.items() if header.get("required")]
