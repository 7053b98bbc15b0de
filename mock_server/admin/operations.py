"""The operations of `admin.yaml`, held to it like those of the API, whatever the choices."""

import asyncio
from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Message, Receive, Scope, Send

from ..contract.schemas import compile_schema
from ..http.bodies import parse_strictly
from ..http.parameters import QueryReader
from ..http.sandboxes import PARAMETER
from ..http.validation import CALL, MAX_VIOLATIONS, Errors, ValidatedOperation
from ..large import empty, let_go, pieces
from ..problems.nearest import did_you_mean
from ..problems.violations import describe_error, json_pointer, quote, schema_violations, violation
from ..settings import Settings

_STATES = ("replaceState", "seed")  # a whole state is one document
_STATE_LIMIT = 64 * 1024 * 1024
_NO_BODY = {"type": "object", "properties": {}, "additionalProperties": False}


class StrictReader(QueryReader):
    """Reads a query of which nothing is ignored: a slip of the pen might cost a state."""

    def read(self, query: bytes, errors: list[dict[str, str]]) -> dict[str, Any]:
        """The values given, with defaults; unknown parameters are violations too."""
        given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        known = [*self.schemas, PARAMETER]
        unknown = dict.fromkeys(name for name, _ in given if name not in known)
        for name in islice(unknown, MAX_VIOLATIONS):
            legal = f"there is {', '.join(known)}{did_you_mean(name, known)}"
            detail = f"wanted no such parameter, got {quote(name)}; {legal}"
            errors.append(violation("query", json_pointer([name]), detail))
        return super().read(query, errors)


class AdminOperation(ValidatedOperation):
    """An operation whose path parameters have schemas, and whose answers may be no JSON.

    One that takes no body takes an empty object, which asks for nothing.
    """

    def __init__(self, next_app: Any, operation: Any) -> None:
        super().__init__(next_app, operation, Settings())
        if self.id in _STATES:
            self.body_limit = _STATE_LIMIT
        self.query = StrictReader(operation.parameters, frozenset())
        self.schema = _NO_BODY if self.schema is None else self.schema
        self.body = compile_schema(self.schema)
        in_path = (one for one in operation.parameters if one["in"] == "path")
        self.path = {one["name"]: compile_schema(one["schema"]) for one in in_path}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry out a call, and free what it holds."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if call := scope["extensions"].get(CALL):
                await let_go(call.body)

    async def examined(self, raw: bytes) -> tuple[Any, Errors]:
        """In a thread, where an expression that takes long to compile holds nobody up."""
        return await asyncio.to_thread(self.examine, raw)

    def examine(self, raw: bytes) -> tuple[Any, Errors]:
        """The value of a body and its violations. Raises Problem when it is no JSON, or names a
        member twice."""
        value = parse_strictly(raw)
        if all(self.body.is_valid(piece) for piece in pieces(value, least=1)):
            return value, []
        errors = schema_violations(self.body, value, schema=self.schema)
        empty(value)
        return None, errors

    def read_path(self, given: Mapping[str, str]) -> dict[str, str]:
        """The path's parameters. Raises Problem for one that its schema refuses."""
        errors = [
            violation("path", json_pointer([name]), describe_error(error), error.kind.name)
            for name, text in given.items()
            for error in self.path[name].iter_errors(text)
        ]
        if errors:
            raise self.invalid(errors)
        return dict(given)

    def checked(self, send: Send) -> Send:
        """A send that holds a JSON response back until it is known to fit the contract."""
        check = super().checked(send)
        through = False

        async def checked_json(message: Message) -> None:
            nonlocal through
            if message["type"] == "http.response.start":
                through = not _is_json(message)
            await (send if through else check)(message)

        return checked_json


def _is_json(start: Message) -> bool:
    return any(name == b"content-type" and b"json" in value for name, value in start["headers"])
