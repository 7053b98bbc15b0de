"""Fixture files: agents and seed sessions, checked against a schema when they are loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from ..problems.violations import schema_violations
from .formats import FORMATS

__all__ = ["FixtureError", "fixture_violations", "load_document", "load_fixture"]

_TEXT = {"type": "string"}
_OBJECT = {"type": "object"}
_STEP_MEMBERS: dict[str, Any] = {
    "reply": _TEXT,
    "delay": {"type": "number", "minimum": 0, "maximum": 3600},
    "finish": {"type": "boolean"},
    "fail": {"type": "boolean"},
    "tools": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {"name": _TEXT, "arguments": {}, "response": {}},
        },
    },
}


def _matches(member: str) -> dict[str, Any]:
    properties = {member: {"type": "string", "minLength": 1}, **_STEP_MEMBERS}
    step = {"type": "object", "required": [member], "additionalProperties": False}
    return {"type": "array", "items": {**step, "properties": properties}}


_AGENT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["script"],
    "properties": {
        "description": _TEXT,
        "enabled": {"type": "boolean"},
        "greeting": _TEXT,
        "texts": _matches("text"),
        "words": _matches("word"),
        "script": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": _STEP_MEMBERS,
            },
        },
        "additional_data": _OBJECT,
        "post_call_analysis": _OBJECT,
        "webhook": {
            "type": "object",
            "required": ["url"],
            "additionalProperties": False,
            "properties": {
                "url": {"type": "string", "format": "webhook-url"},
                "headers": {
                    "type": "object",
                    "propertyNames": {"pattern": r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},
                    "additionalProperties": {"type": "string", "pattern": r"^[\t -~]*$"},
                },
            },
        },
    },
}
_SEED_SESSION = {
    "type": "object",
    "additionalProperties": False,
    "required": ["agent_id"],
    "properties": {
        "agent_id": _TEXT,
        "channel": {"type": "string", "minLength": 1},
        "external_id": _OBJECT,
        "ttl_seconds": {"type": "integer", "minimum": 60, "maximum": 86400},
        "additional_data": _OBJECT,
        "turns": {"type": "array", "items": {"type": "string", "pattern": r"\S"}},
        "end": {"type": "boolean"},
    },
}
_FIXTURE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "agents": {
            "type": "object",
            "propertyNames": {"minLength": 1},
            "additionalProperties": _AGENT,
        },
        "sessions": {"type": "array", "items": _SEED_SESSION},
    },
}
_VALIDATOR = jsonschema_rs.Draft7Validator(_FIXTURE, validate_formats=True, formats=FORMATS)


_MOST_VALUES = 500_000


class FixtureError(ValueError):
    """A file of the mock's own is unusable; the message names file, place, cause and cure."""

    def __init__(self, path: Path, reason: str, pointer: str | None = None) -> None:
        line = _line_at(path, pointer) if pointer else None
        place = f"{path}, line {line}" if line else str(path)
        super().__init__(f"{place}, at {pointer}: {reason}" if pointer else f"{place}: {reason}")


def load_document(path: Path) -> Any:
    """The value in a YAML or JSON file. Raises FixtureError when it cannot be read."""
    try:
        raw = path.read_bytes()
        value = yaml.load(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if b"&" in raw and _holds_more(value, _MOST_VALUES):
            raise ValueError(f"its aliases stand for more than {_MOST_VALUES} values")
        return value
    except OSError as error:
        raise FixtureError(path, f"cannot be read ({error.strerror}); check the path") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise FixtureError(path, f"is neither YAML nor JSON: {_one_line(error)}") from None


def load_fixture(path: Path) -> Mapping[str, Any]:
    """The agents and sessions of a fixture file.

    Raises FixtureError with file, line and pointer.
    """
    document = load_document(path)
    try:
        faults = fixture_violations(document)
    except (ValueError, TypeError) as error:
        raise FixtureError(path, f"holds a value that JSON has not: {_one_line(error)}") from None
    if faults:
        raise FixtureError(path, faults[0]["detail"], faults[0]["pointer"] or "/")
    checked: Mapping[str, Any] = document
    return checked


def fixture_violations(document: Any) -> list[dict[str, str]]:
    """Each place where a document is no fixture."""
    return schema_violations(_VALIDATOR, document, schema=_FIXTURE)


def _line_at(path: Path, pointer: str) -> int | None:
    """The line of a value in a YAML or JSON file; of the nearest one that holds it, if absent."""
    try:
        node = yaml.compose(path.read_bytes(), Loader=yaml.SafeLoader)
    except (OSError, yaml.YAMLError, ValueError):
        return None
    for part in pointer.split("/")[1:]:
        child = _child(node, part.replace("~1", "/").replace("~0", "~"))
        if child is None:
            break
        node = child
    return None if node is None else node.start_mark.line + 1


def _child(node: yaml.Node | None, part: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        child: yaml.Node = node.value[int(part)]
        return child
    return None


def _holds_more(value: Any, most: int) -> bool:
    """Whether a value holds more than so many, each alias counted as what it stands for."""
    waiting, count = [value], 0
    while waiting and count <= most:
        one = waiting.pop()
        count += 1
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return count > most


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
