"""The middleware that holds requests and responses to the contract, compiled at start-up."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import jsonschema_rs
from connexion.operations import AbstractOperation
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..codec import decode
from ..contract.schemas import bounds_of, compile_schema, relaxed
from ..large import PIECE, beside, decode_in_turns, empty, pieces
from ..problems.kinds import Problem
from ..problems.violations import leaf_errors, pointer_of, quote, schema_violations, violation
from ..settings import Settings
from .bodies import BODY_LIMIT, check_media_type, parse_json, read_body
from .headers import header
from .parameters import QueryReader, canonical_id

CALL = "adjourn.call"
MAX_VIOLATIONS = 100
_log = logging.getLogger(__name__)


Bounds = tuple[int, int]
Errors = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that fits the contract, parsed; with the contract's `bounds` for the numbers in
    it, its `defaults` for members of the body that are not given, and the `statuses` that refuse
    it, by the reason."""

    operation: str
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    headers: Sequence[tuple[bytes, bytes]] = ()
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    statuses: Mapping[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The one parameter of the path, whatever it is called."""
        (found,) = self.path.values()
        return found


class ValidatedOperation:
    """One operation with its validators."""

    body_limit = BODY_LIMIT

    def __init__(
        self,
        next_app: ASGIApp,
        operation: AbstractOperation,
        settings: Settings,
        clamped: frozenset[str] = frozenset(),
        statuses: Mapping[str, Mapping[str, int]] = MappingProxyType({}),
    ) -> None:
        choices = settings.choices
        self.statuses = statuses.get(operation.operation_id, {})
        self.next_app = next_app
        self.name = f"{operation.method.upper()} {operation.path}"
        self.id: str = operation.operation_id
        self.query = QueryReader(operation.parameters, clamped)
        self.schema = _body_schema(operation, clamped)
        self.body = compile_schema(self.schema or {})
        members = _members(operation)
        self.bounds = bounds_of({**self.query.schemas, **members})
        self.defaults = {name: m["default"] for name, m in members.items() if "default" in m}
        required: bool = operation.request_body.get("required", False)
        self.body_required = required or choices["end_without_body"] == "reject"
        self.responses = {
            (int(status), media_type): compile_schema(media["schema"])
            for status, response in operation.responses.items()
            for media_type, media in response.get("content", {}).items()
        }
        self.validates_responses = settings.validate_responses
        self.problems_only = choices["error_body"] == "problem"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Parse the request, hand it on, and check the response on its way out."""
        scope["extensions"][CALL] = await self.parse(scope, receive)
        if self.validates_responses and scope["method"] != "HEAD":
            send = self.checked(send)
        await self.next_app(scope, receive, send)

    async def parse(self, scope: Scope, receive: Receive) -> Call:
        """The call in a request. Raises Problem, with every violation, if it is none."""
        errors: Errors = []
        path = self.read_path(scope.get("path_params") or {})
        query = self.query.read(scope["query_string"], errors)
        body = None
        if self.schema is not None:
            body = await self.read_json(scope, receive, errors)
        if errors:
            raise self.invalid(errors)
        known = self.bounds, self.defaults, self.statuses
        return Call(self.id, path, query, body, scope["headers"], *known)

    def read_path(self, given: Mapping[str, str]) -> dict[str, str]:
        """The path's parameters, ids in lower case. Raises Problem for an id that is no UUID."""
        path = {}
        for name, text in given.items():
            identifier = canonical_id(text)
            if identifier is None:
                raise self.malformed_id(text)
            path[name] = identifier
        return path

    def malformed_id(self, text: str) -> Problem:
        """The refusal of an id that is no UUID."""
        status = self.statuses.get("malformed-id", 404)
        shown = quote(text, 80)
        if status == 404:
            return Problem("unknown-session", f"No session has the id {shown}: it is no UUID.")
        return Problem("malformed-id", f"The id {shown} is no UUID.", status=status)

    async def read_json(self, scope: Scope, receive: Receive, errors: Errors) -> Any:
        """The body's value, or None for no body; violations are added to `errors`."""
        headers = dict(scope["headers"])
        raw = await read_body(receive, headers.get(b"content-length"), self.body_limit)
        if not raw:
            if self.body_required:
                errors.append(violation("body", "", "wanted a JSON body, got none"))
            return None
        check_media_type(headers.get(b"content-type"), headers.get(b"content-encoding"))
        value, found = await self.examined(raw)
        errors.extend(found)
        return value

    async def examined(self, raw: bytes) -> tuple[Any, Errors]:
        return await beside(len(raw), lambda: self.examine(raw))

    def examine(self, raw: bytes) -> tuple[Any, Errors]:
        """The value of a body and its violations. Raises Problem when it is no JSON."""
        value = parse_json(raw, self.statuses.get("invalid-request", 400))
        return value, schema_violations(self.body, value, schema=self.schema)

    def invalid(self, errors: list[dict[str, str]]) -> Problem:
        """The refusal of a request that breaks the contract."""
        places = "1 place" if len(errors) == 1 else f"{len(errors)} places"
        return Problem(
            "invalid-request",
            f"The request breaks the contract in {places}.",
            status=self.statuses.get("invalid-request"),
            errors=errors[:MAX_VIOLATIONS],
        )

    def checked(self, send: Send) -> Send:
        """A send that holds a response back until it is known to fit the contract."""
        start: Message = {}

        async def check(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body = message.get("body", b"")
            await beside(len(body), lambda: self.check_response(start, body))
            await send(start)
            await send(message)

        return check

    def check_response(self, start: Message, body: bytes) -> None:
        """Raise an internal problem, with the fault in the log, for a response of another shape."""
        status = start["status"]
        if status >= 400 and not self.problems_only:
            return
        validator = self.responses.get((status, _media_type(start)))
        if validator is None:
            self.fault(f"status {status} as {_media_type(start)} is not in the contract")
        else:
            self.check_value(validator, body)

    def check_value(self, validator: jsonschema_rs.Draft4Validator, body: bytes) -> None:
        """The same of a body with a schema."""
        large = len(body) > PIECE
        value = decode_in_turns(body, _members_of) if large else decode(body)
        for piece in pieces(value, least=1) if large else (value,):
            if not validator.is_valid(piece):
                self.fault("; ".join(_innermost(validator, piece)))
        if large:
            empty(value)

    def fault(self, reason: str) -> None:
        """The mock is wrong: say so loudly in the log, and nothing of it to the client."""
        _log.error("the mock broke its contract at %s: %s", self.name, reason)
        raise Problem("internal-error", "The mock broke its own contract; its log says where.")


def _members_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(pairs)  # in Python, so that other threads have a turn


def _json(operation: AbstractOperation) -> Mapping[str, Any] | None:
    """The schema of the body that an operation takes, if it takes any."""
    content = operation.request_body.get("content", {})
    schema: Mapping[str, Any] | None = content.get("application/json", {}).get("schema")
    return schema


def _members(operation: AbstractOperation) -> Mapping[str, Any]:
    members: Mapping[str, Any] = (_json(operation) or {}).get("properties", {})
    return members


def _body_schema(operation: AbstractOperation, clamped: frozenset[str]) -> Mapping[str, Any] | None:
    schema, members = _json(operation), _members(operation)
    if schema is None:
        return None
    loose = {name: relaxed(members[name]) for name in clamped & members.keys()}
    return {**schema, "properties": {**members, **loose}} if loose else schema


def _innermost(validator: jsonschema_rs.Draft4Validator, value: Any) -> list[str]:
    return [
        f"{pointer_of(error) or '/'}: {error.message[:300]}"
        for error in leaf_errors(validator.iter_errors(value))
    ]


def _media_type(start: Message) -> str:
    value = header(start["headers"], b"content-type") or b""
    return value.partition(b";")[0].decode("latin-1")
