"""OpenAPI 3.0 schemas as JSON Schema, compiled."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs

from ..addresses import is_usable
from ..codec import decode, encode
from ..domain.instants import parse_duration

LARGEST_EXPRESSION = 64 * 1024  # bytes of it once it is compiled
_REFERENCE = jsonschema_rs.Draft6Validator({"format": "uri-reference"}, validate_formats=True)
_BITS = {"int32": 31, "int64": 63}  # beside the sign
_UUID = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
_PLAIN = ("example", "default", "enum", "required")


@lru_cache(maxsize=100)
def expression(text: str) -> jsonschema_rs.Draft7Validator:
    """What holds for a text that an expression fits as a whole. Raises ValueError, or
    ValidationError for one that is none or is not taken.

    The validator's engine takes a time that grows with the text and no faster.
    """
    options = jsonschema_rs.RegexOptions(size_limit=LARGEST_EXPRESSION)
    for pattern in (text, f"^(?s:{text})$"):  # first on its own, or )|( would do
        made = jsonschema_rs.Draft7Validator({"pattern": pattern}, pattern_options=options)
    return made


def _made_by(make: Callable[[str], object]) -> Callable[[str], bool]:
    """Whether something is made of a text, or it is refused."""

    def is_taken(text: str) -> bool:
        try:
            make(text)
        except (ValueError, jsonschema_rs.ValidationError):
            return False
        return True

    return is_taken


# Beside those that draft 4 of JSON Schema knows.
FORMATS: dict[str, Callable[[str], bool]] = {
    "webhook-url": is_usable,
    "uri-reference": _REFERENCE.is_valid,
    "expression": _made_by(expression),
    "span": _made_by(parse_duration),
}


def compile_schema(schema: Mapping[str, Any]) -> jsonschema_rs.Draft4Validator:
    """A validator for a resolved OpenAPI schema."""
    return _compiled(encode(schema))


@lru_cache(maxsize=512)  # all operations refuse alike
def _compiled(schema: bytes) -> jsonschema_rs.Draft4Validator:
    return jsonschema_rs.Draft4Validator(
        json_schema(decode(schema)), validate_formats=True, formats=FORMATS
    )


def json_schema(schema: Any) -> Any:
    """The same in JSON Schema: `nullable` as a type, uuids as a pattern, int32 as bounds."""
    if isinstance(schema, list):
        return [json_schema(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    plain = {key: _part(key, value) for key, value in schema.items()}
    if bits := _BITS.get(str(plain.get("format"))):
        plain["minimum"] = max(plain.get("minimum", -(2**bits)), -(2**bits))
        plain["maximum"] = min(plain.get("maximum", 2**bits - 1), 2**bits - 1)
    if plain.get("format") == "uuid":
        if "pattern" in plain:
            plain["allOf"] = [*plain.get("allOf", ()), {"pattern": _UUID}]
        plain.setdefault("pattern", _UUID)
    if plain.pop("nullable", False) is True and isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
        if "enum" in plain and None not in plain["enum"]:
            plain["enum"] = [*plain["enum"], None]
    return plain


def _part(key: str, value: Any) -> Any:
    """What stands below a keyword: schemas by name, a plain value, or a schema."""
    if key == "properties":
        return {name: json_schema(member) for name, member in value.items()}
    return value if key in _PLAIN else json_schema(value)


def bounds_of(schemas: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """The least and the most of each of these that has both."""
    return {
        name: (schema["minimum"], schema["maximum"])
        for name, schema in schemas.items()
        if {"minimum", "maximum"} <= schema.keys()
    }


def relaxed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same without its bounds, for a value that is clamped instead."""
    bounds = ("minimum", "maximum", "format")  # which may be int32
    return {key: value for key, value in schema.items() if key not in bounds}
