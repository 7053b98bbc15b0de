"""Fixture files: agents and seed sessions, checked against a schema when they are loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs

from ..problems.violations import schema_violations
from .schemas import FORMATS
from .source import FixtureError, read_source

FIXTURE: dict[str, Any] = read_source(Path(__file__).with_name("fixture.yaml")).value
_VALIDATOR = jsonschema_rs.Draft7Validator(FIXTURE, validate_formats=True, formats=FORMATS)


def load_fixture(path: Path) -> Mapping[str, Any]:
    """The agents and sessions of a fixture file.

    Raises FixtureError with file, line and pointer.
    """
    document: Mapping[str, Any] = read_source(path).value
    if faults := fixture_violations(document):
        raise FixtureError(path, faults[0]["detail"], faults[0]["pointer"] or "/")
    return document


def fixture_violations(document: Any) -> list[dict[str, str]]:
    return schema_violations(_VALIDATOR, document, schema=FIXTURE)
