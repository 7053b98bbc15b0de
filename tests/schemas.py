"""JSON Schemas of the files that people write, made from the programs that read them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click

from conformance.config.options import TOLD
from conformance.config.settings import KEYS, SECRETS
from conformance.config.sources import ALIASES
from conformance.run.baseline import Known
from mock_server.cli.main import main as mock
from mock_server.contract.fixtures import FIXTURE

DRAFT = "http://json-schema.org/draft-07/schema#"
TEXTS: dict[str, Any] = {"type": ["string", "array"], "items": {"type": "string"}}
KINDS: dict[str, dict[str, Any]] = {  # of an annotation of the suite's settings, by its first word
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "tuple[str,": TEXTS,
}


def schemas() -> dict[str, dict[str, Any]]:
    """Each schema by the name of its file."""
    return {
        "schemas/fixture.json": _titled("Agents and sessions: --agents and --seed", FIXTURE),
        "schemas/mock.json": _options("The options of adjourn-mock: --config", _of_mock()),
        "schemas/suite.json": _options("The options of adjourn-conformance: --config", _of_suite()),
        "schemas/baseline.json": _titled("Known failures: --baseline", _baseline()),
    }


def _titled(title: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DRAFT, "title": title, **schema}


def _options(title: str, properties: dict[str, Any]) -> dict[str, Any]:
    closed = {"type": "object", "additionalProperties": False, "properties": properties}
    return _titled(title, closed)


def _of_mock() -> dict[str, Any]:
    made = {
        option.opts[0].lstrip("-"): _described(_kind(option), option)
        for option in mock.params
        if isinstance(option, click.Option) and option.expose_value
    }
    address = {"type": "string", "description": "Of the subcommands."}
    return {**made, "url": address, "upstream": address}


def _of_suite() -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, annotation in KEYS.items():
        if key in SECRETS:
            continue
        kind = KINDS.get(annotation.split(" ", maxsplit=1)[0], {"type": "string"})
        made[key] = {**kind, "description": TOLD[key]}
    return made | {alias: made[key] for alias, key in ALIASES.items()}


def _described(kind: dict[str, Any], option: click.Parameter | None) -> dict[str, Any]:
    text = getattr(option, "help", None)
    return {**kind, "description": text} if text else kind


def _kind(option: click.Option) -> dict[str, Any]:
    """What a file may hold for an option of the mock."""
    if option.is_flag:
        return {"type": "boolean"}
    if option.multiple:
        return TEXTS
    if isinstance(option.type, click.Choice):
        return {"enum": [*option.type.choices]}
    if isinstance(option.type, (click.IntRange, click.types.IntParamType)):
        bounds = {"minimum": getattr(option.type, "min", None)}
        bounds["maximum"] = getattr(option.type, "max", None)
        return {"type": "integer", **{k: v for k, v in bounds.items() if v is not None}}
    if isinstance(option.type, (click.FloatRange, click.types.FloatParamType)):
        return {"type": "number"}
    return {"type": "string"}


def _baseline() -> dict[str, Any]:
    texts = {"type": "string", "minLength": 1}
    members = {field.name: texts for field in fields(Known)}
    entry = {
        "type": "object",
        "additionalProperties": False,
        "required": ["reason", "link"],
        "properties": {**members, "expires": {"type": "string", "format": "date"}},
    }
    rules = {"^[A-Z]+-[0-9]{2,}$": entry}
    return {"type": "object", "additionalProperties": False, "patternProperties": rules}
