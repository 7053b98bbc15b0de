"""Query and path parameters: strictly read, every violation found."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from ..contract.schemas import compile_schema, relaxed
from ..problems.violations import describe_error, describe_value, json_pointer, violation

_BOOLEANS = {"true": True, "false": False}
_INTEGER = re.compile(r"-?[0-9]{1,30}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


def canonical_id(text: str) -> str | None:
    """A UUID in lower case, or None for anything else."""
    lowered = text.lower()
    return lowered if _UUID.fullmatch(lowered) else None


class QueryReader:
    """Reads the query of one operation; parameters that it does not know are ignored."""

    def __init__(self, parameters: Sequence[Mapping[str, Any]], clamped: frozenset[str]) -> None:
        self.schemas = {
            parameter["name"]: parameter["schema"]
            for parameter in parameters
            if parameter["in"] == "query"
        }
        self.defaults = {
            name: schema["default"] for name, schema in self.schemas.items() if "default" in schema
        }
        self.validators = {
            name: compile_schema(relaxed(schema) if name in clamped else schema)
            for name, schema in self.schemas.items()
        }

    def read(self, query: bytes, errors: list[dict[str, str]]) -> dict[str, Any]:
        """The values given, with defaults for the rest; violations are added to `errors`."""
        values = dict(self.defaults)
        if not query:
            return values
        for name, given in self._given(query).items():
            pointer = json_pointer([name])
            if len(given) > 1:
                detail = f"wanted the parameter once, got it {len(given)} times"
                errors.append(violation("query", pointer, detail))
            else:
                self._read_one(name, given[0], values, errors)
        return values

    def _given(self, query: bytes) -> dict[str, list[bytes]]:
        given: dict[str, list[bytes]] = {}
        for pair in query.split(b"&"):
            raw, _, value = pair.partition(b"=")
            name = _decode(raw).decode("utf-8", "replace")
            if name in self.schemas:
                given.setdefault(name, []).append(_decode(value))
        return given

    def _read_one(
        self, name: str, raw: bytes, values: dict[str, Any], errors: list[dict[str, str]]
    ) -> None:
        pointer = json_pointer([name])
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            detail = "wanted percent-encoded UTF-8, got bytes that are none"
            errors.append(violation("query", pointer, detail))
            return
        schema = self.schemas[name]
        value: Any = text
        if schema.get("type") == "boolean":
            value = _BOOLEANS.get(text, text)
        elif schema.get("type") == "integer":
            if not _INTEGER.fullmatch(text):
                detail = f"wanted an integer in ASCII digits, got {describe_value(text)}"
                errors.append(violation("query", pointer, detail, "type"))
                return
            value = int(text)
        for error in self.validators[name].iter_errors(value):
            detail = describe_error(error) + _plus_hint(schema, text)
            errors.append(violation("query", pointer, detail, error.kind.name))
        values[name] = value


def _plus_hint(schema: Mapping[str, Any], text: str) -> str:
    if schema.get("format") == "date-time" and " " in text:
        return "; in a query a plus sign is written %2B"
    return ""


def _decode(raw: bytes) -> bytes:
    return unquote_to_bytes(raw.replace(b"+", b" ")) if b"%" in raw or b"+" in raw else raw
