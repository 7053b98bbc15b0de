"""Broken schemas in words: where, what was wanted and what came."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import jsonschema_rs

from ..codec import encode
from .excerpt import Excerpt
from .nearest import did_you_mean

Validator = jsonschema_rs.Draft4Validator | jsonschema_rs.Draft7Validator

_SHOWN = 60
_MOST = 100  # violations of one value
_Branch = Iterable[jsonschema_rs.ValidationError]
_WANTED = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
}
_LIMITS = {
    "minimum": ("at least", ""),
    "maximum": ("at most", ""),
    "minLength": ("at least", " character"),
    "maxLength": ("at most", " character"),
    "minItems": ("at least", " item"),
    "maxItems": ("at most", " item"),
}
_FORMATS = {
    "date-time": "an RFC 3339 date-time with an offset, such as 2026-01-05T09:00:00Z",
    "regex": "a regular expression",
    "expression": "a regular expression of ECMAScript, without look-around and backreferences and "
    "with few repetitions",
    "span": "an ISO 8601 duration of weeks to seconds, such as PT30M",
    "webhook-url": "an http or https URL with a host, a port up to 65535 and no blanks",
}


def json_pointer(path: Iterable[str | int]) -> str:
    """The JSON Pointer (RFC 6901) of a path."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def violation(place: str, pointer: str, detail: str, keyword: str | None = None) -> dict[str, str]:
    """One entry of a problem's `errors`."""
    entry = {"in": place, "pointer": pointer, "detail": detail}
    return {**entry, "keyword": keyword} if keyword else entry


def pointer_of(error: jsonschema_rs.ValidationError) -> str:
    """Where an error lies; for a missing member, where the member should be."""
    return json_pointer(_path_of(error))


def _path_of(error: jsonschema_rs.ValidationError) -> list[str | int]:
    path = [*error.instance_path]
    if error.kind.name == "required":
        path.append(error.kind.as_dict()["property"])
    return path


def describe_value(value: Any) -> str:
    """A value in a few words of bounded length."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"the integer {_cut(str(value))}"
    if isinstance(value, float):
        return f"the number {value!r}"
    if isinstance(value, str):
        return f"the string {quote(value)}" if value else "an empty string"
    if isinstance(value, list):
        return f"an array of {len(value)}" if value else "an empty array"
    return "an object"


def schema_violations(
    validator: Validator, value: Any, place: str = "body", schema: Any = None
) -> list[dict[str, str]]:
    """Where a value breaks the schema that its validator was made from: at most a hundred places.

    Takes a wrong value over. Given the schema, it tells the nearest name of an unknown member.
    """
    if validator.is_valid(value):
        return []
    excerpt = Excerpt(value, validator.is_valid)
    if excerpt.value is None and value is not None:
        return [violation(place, "", "it breaks its schema, and holds too much to tell where")]
    errors = islice(leaf_errors(validator.iter_errors(excerpt.value)), _MOST)
    found = [
        violation(
            place,
            json_pointer(excerpt.path(_path_of(error))),
            describe_error(error, schema, excerpt.length(error.instance_path)),
            error.kind.name,
        )
        for error in errors
    ]
    return found or [violation(place, "", "it breaks its schema")]


def leaf_errors(errors: _Branch) -> Iterator[jsonschema_rs.ValidationError]:
    """The errors; in place of one that says "none of these", those of the nearest alternative."""
    for error in errors:
        branches: list[_Branch] = error.kind.as_dict().get("context", [])
        if any(branches) and all(branches):
            yield from leaf_errors(min(branches, key=_distance))
        else:
            yield error


def _distance(branch: _Branch) -> tuple[int, int]:
    """How far a value with these errors is from an alternative, which an enum tells from others."""
    kinds = [error.kind.name for error in branch]
    return kinds.count("enum"), len(kinds)


def describe_error(
    error: jsonschema_rs.ValidationError, schema: Any = None, length: int | None = None
) -> str:
    """What a schema wanted and what came, in one line of bounded length.

    `length` is that of a list of which only a part is in the error.
    """
    facts = error.kind.as_dict()
    name = error.kind.name
    if name == "required":
        return "wanted this member, got none"
    if name == "additionalProperties":
        unknown, known = facts["unexpected"][:5], _known_members(error, schema)
        hints = "".join(did_you_mean(name, known) for name in unknown)
        return f"wanted no member {', '.join(map(quote, unknown))}{hints}"
    if name == "propertyNames":
        return f"in the name of a member: {describe_error(facts['error'])}"
    got = f"an array of {length}" if length else _got(name, error.instance)
    return f"wanted {_wanted(name, facts)}, got {got}"


def quote(text: str, most: int = _SHOWN) -> str:
    """A JSON string of at most so many characters of the text."""
    return encode(_cut(text, most)).decode()


def _known_members(error: jsonschema_rs.ValidationError, schema: Any) -> Iterable[str]:
    """The members that a schema has beside those that it was asked about."""
    if schema is None:
        return ()
    for part in error.schema_path[:-1]:
        schema = schema[part]
    members: Iterable[str] = schema.get("properties", ())
    return members


def _wanted(name: str, facts: dict[str, Any]) -> str:
    match name:
        case "type":
            return " or ".join(_WANTED[kind] for kind in sorted(facts["types"], key=_null_last))
        case "enum":
            return f"one of {', '.join(map(_option, facts['options']))}"
        case "format":
            return _FORMATS.get(facts["format"], f"the format {facts['format']}")
        case "pattern":
            return _pattern(facts["pattern"])
    if name not in _LIMITS:
        return f"a value that satisfies {name}"
    limit, (bound, noun) = facts["limit"], _LIMITS[name]
    plural = "s" if noun and limit != 1 else ""
    return f"{bound} {limit}{noun}{plural}"


def _option(option: Any) -> str:
    return quote(option) if isinstance(option, str) else _cut(encode(option).decode())


def _pattern(pattern: str) -> str:
    return "a character that is not blank" if pattern == r"\S" else f"text that matches {pattern}"


def _got(name: str, value: Any) -> str:
    if name in ("minLength", "maxLength") and value:
        return str(len(value))
    return describe_value(value)


def _null_last(kind: str) -> tuple[bool, str]:
    return kind == "null", kind


def _cut(text: str, most: int = _SHOWN) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
