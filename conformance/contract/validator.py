"""Compiled JSON Schema validators that tell the first errors of a body of any size."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import jsonschema_rs

from .schemas import json_schema

ITEMS = 50  # of an array that does not fit, looked through for errors
MEMBERS = 200  # of an object, beside those that the schemas name
LETTERS = 100_000  # of a text; no schema asks for as many


class Validator:
    """A compiled schema of OpenAPI without references."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = json_schema(schema)
        self.compiled = jsonschema_rs.Draft202012Validator(self.schema, validate_formats=True)

    @cached_property
    def names(self) -> frozenset[str]:
        """The members that its objects may have."""
        return frozenset(_property_names(self.schema))

    def is_valid(self, body: Any) -> bool:
        return self.compiled.is_valid(body)

    def errors(self, body: Any) -> list[jsonschema_rs.ValidationError]:
        """The errors; of a large body only the first, since each takes its time and memory."""
        if self.compiled.is_valid(body):
            return []
        if errors := list(self.compiled.iter_errors(self._head(body))):
            return errors
        try:
            self.compiled.validate(body)  # which stops at the first error
        except jsonschema_rs.ValidationError as error:
            return [error]
        return []

    def _head(self, value: Any) -> Any:
        """The same JSON with the first items of each array, not every unknown member, and the
        first letters of each text."""
        if isinstance(value, list):
            return [self._head(item) for item in value[:ITEMS]]
        if isinstance(value, dict):
            kept = {name for name, _ in zip(value, range(MEMBERS), strict=False)} | self.names
            return {name: self._head(item) for name, item in value.items() if name in kept}
        return value[:LETTERS] if isinstance(value, str) else value


def _property_names(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node.get("properties", ())
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for part in inner:
        yield from _property_names(part)
