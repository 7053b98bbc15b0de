"""Fixture files: agents and seed sessions, checked against a schema when they are loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs

from ..problems.violations import schema_violations
from .schemas import FORMATS
from .source import FixtureError, read_source

_TEXT = {"type": "string"}
_SAID = {"type": "string", "maxLength": 1_048_576}
_MOST_MATCHES = 1_000
_OBJECT = {"type": "object"}
_STEP_MEMBERS: dict[str, Any] = {
    "reply": _SAID,
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
    items = {**step, "properties": properties}
    return {"type": "array", "maxItems": _MOST_MATCHES, "items": items}


_AGENT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["script"],
    "properties": {
        "description": _TEXT,
        "enabled": {"type": "boolean"},
        "greeting": _SAID,
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
FIXTURE = {
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
_VALIDATOR = jsonschema_rs.Draft7Validator(FIXTURE, validate_formats=True, formats=FORMATS)


def load_document(path: Path) -> Any:
    """The value in a YAML or JSON file. Raises FixtureError when it cannot be read."""
    return read_source(path).value


def load_fixture(path: Path) -> Mapping[str, Any]:
    """The agents and sessions of a fixture file.

    Raises FixtureError with file, line and pointer.
    """
    document = load_document(path)
    if faults := fixture_violations(document):
        raise FixtureError(path, faults[0]["detail"], faults[0]["pointer"] or "/")
    checked: Mapping[str, Any] = document
    return checked


def fixture_violations(document: Any) -> list[dict[str, str]]:
    """Each place where a document is no fixture."""
    return schema_violations(_VALIDATOR, document, schema=FIXTURE)
