"""What a contract may say, as `contract.schema.json` has it, and what is wrong in words."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

import jsonschema_rs
import orjson

from ..problems.violations import quote
from .locations import resource
from .parts import acts, each_operation, left, operation_of, searched, shown
from .references import Steps


class Defect(NamedTuple):
    """What is wrong, and where in the document without references; or that the last step's name
    is."""

    steps: Steps
    reason: str
    is_name: bool = False


_KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}
_SHOWN = 60
_NAMED_IN = re.compile(r"@([a-z0-9.-]+)")
_NAMED = 12
_CONDITIONS = ("@if", "@unless")


class Definition:
    """The schema of contracts, compiled."""

    def __init__(self) -> None:
        self.schema: dict[str, Any] = orjson.loads(resource("contract.schema.json").read_bytes())

    def samples(self, document: Any) -> Any:
        """Values that the schemas of a contract must take, or must refuse."""
        return _named(self.schema["samples"], _names(document))

    def written(self, document: Any) -> Iterator[Defect]:
        """What no contract can say."""
        return self._defects(self.schema, document)

    def executed(self, document: Any) -> Iterator[Defect]:
        """What a contract could say, and the mock or the suite does not carry out."""
        definitions = _named(self.schema["definitions"], _names(document))
        root = {"$schema": self.schema["$schema"], "definitions": definitions}
        return self._defects({**root, **definitions["executed"]}, document)

    def missing(self, document: Any) -> Iterator[Defect]:
        """Operations that are carried out and not there."""
        found = {operation["operationId"] for _, operation in each_operation(document)}
        for id in (*document["x-resource"]["operations"].values(), *acts(document).values()):
            if id not in found:
                yield Defect(("paths",), f"wanted an operation {id}, got none")

    def _defects(self, schema: dict[str, Any], document: Any) -> Iterator[Defect]:
        validator = jsonschema_rs.Draft7Validator(schema, validate_formats=True)
        if not validator.is_valid(document):
            for error in validator.iter_errors(document):
                yield _defect(error, schema, document)


def _names(document: Any) -> dict[str, Any]:
    """What a contract calls each thing that its `x-resource` and its extensions name, and what
    follows from them; without what it does not have."""
    declared, table = document["x-resource"], document["x-lifecycle"]
    own, final = [*acts(document).values()], declared["state"]["final"]
    listing = operation_of(document, declared["operations"]["list"])
    names: dict[str, Any] = {
        "open": [state for state in table["states"] if state not in final],
        "sent": [name for name, event in table["events"].items() if event["operation"]],
        "acts": [*dict.fromkeys(own)],
        "shared": [id for id, times in Counter(own).items() if times > 1],
        "refused": [row["refusal"] for row in table["transitions"] if "refusal" in row],
        "shown": shown(document),
        "searched": searched(document),
        "compared": [
            raw["member"] if isinstance(raw, dict) else raw
            for raw in declared["list"]["filters"].values()
        ],
        **{f"x-lifecycle.{part}": table[part] for part in ("initial", "states", "events")},
        **{name: document[name] for name in ("x-sources", "x-webhooks") if name in document},
    }
    if queries := [one["name"] for one in listing.get("parameters", ())]:
        names["queries"] = queries
    if reasons := [row["reason"] for row in table["transitions"] if "reason" in row]:
        names["reason"] = reasons[0]
    if names["searched"] is None:
        del names["searched"]
    if "searched" in names or "search" not in declared["operations"]:
        names["held"] = [name for properties in left(document) for name in properties]
    waiting: list[tuple[str, Any]] = [*declared.items()]
    while waiting:
        place, value = waiting.pop()
        names[place] = value
        if isinstance(value, dict | list):
            inner = value.items() if isinstance(value, dict) else enumerate(value)
            waiting.extend((f"{place}.{step}", part) for step, part in inner)
    return names


def _named(value: Any, names: Mapping[str, Any]) -> Any:
    """The same with the names that a contract has in the places of those that stand for them, and
    without the parts that are about words which it does not have."""
    if isinstance(value, str):
        return _NAMED_IN.sub(lambda found: _text(names.get(found[1], found[0])), value)
    if isinstance(value, list):
        return [part for item in value if _is_told(item, names) for part in _items(item, names)]
    if isinstance(value, dict):
        if "@value" in value:
            return _named(value["@value"], names)
        return {
            _named(name, names): _named(item, names)
            for name, item in value.items()
            if name not in _CONDITIONS and _is_told(name, names)
            if not isinstance(item, dict) or _is_told(item, names)
        }
    return value


def _items(item: Any, names: Mapping[str, Any]) -> list[Any]:
    """What an item of a list stands for: one, or each of those that its name has."""
    known = names.get(item[1:]) if isinstance(item, str) and item[:1] == "@" else None
    return [*known] if isinstance(known, dict | list) else [_named(item, names)]


def _text(name: Any) -> str:
    return ", ".join(name) if isinstance(name, dict | list) else str(name)


def _is_told(part: Any, names: Mapping[str, Any]) -> bool:
    """Whether a contract has the words that a part of the schema is about."""
    if isinstance(part, dict):
        absent = part.get("@unless") in names
        return not absent and ("@if" not in part or part["@if"] in names)
    return not isinstance(part, str) or all(name in names for name in _NAMED_IN.findall(part))


def _defect(error: jsonschema_rs.ValidationError, schema: Any, document: Any) -> Defect:
    """Where a document is wrong, what was wanted there and what is there."""
    for step in error.schema_path[:-1]:
        schema = schema[step if isinstance(schema, list) else str(step)]
    steps, kind, value = _steps(error.instance_path, document), error.kind, error.instance
    if kind.name == "propertyNames":
        inner = kind.as_dict()["error"]
        steps, kind, value = (*steps, inner.instance), inner.kind, inner.instance
    facts = kind.as_dict()
    if kind.name == "required":
        absent = schema.get("properties", {}).get(facts["property"], {}).get("absent")
        wanted = absent or "this member"
        return Defect((*steps, facts["property"]), f"wanted {wanted}, got none")
    if kind.name == "additionalProperties":
        value = facts["unexpected"][0]
        steps = (*steps, value)
    wanted = schema.get("errorMessage") or _wanted(kind.name, facts, schema, value)
    is_name = error.kind.name in ("additionalProperties", "propertyNames", "not")
    return Defect(steps, f"wanted {wanted}, got {_shown(value)}", is_name)


def _steps(path: Iterable[str | int], document: Any) -> Steps:
    """The path, names of digits alone, such as a status, as the texts that they are."""
    steps: Steps = ()
    for step in path:
        name = step if isinstance(document, list) else str(step)
        document, steps = document[name], (*steps, name)
    return steps


def _wanted(name: str, facts: Mapping[str, Any], schema: Mapping[str, Any], got: Any) -> str:
    limit = facts.get("limit")
    match name:
        case "additionalProperties":
            return _options(schema.get("properties", {}), got)
        case "enum":
            return _options(facts["options"], got)
        case "const":
            return _shown(facts["expected_value"])
        case "type":
            return " or ".join(_KINDS[kind] for kind in sorted(facts["types"]))
        case "pattern":
            return f"text that matches {facts['pattern']}"
        case "format":
            return "a regular expression" if facts["format"] == "regex" else facts["format"]
        case "minimum" | "exclusiveMinimum":
            return f"at least {limit}" if name == "minimum" else f"more than {limit}"
        case "maximum":
            return f"at most {limit}"
        case "minLength":
            return "a text that is not empty"
        case "minItems" | "minProperties":
            return f"at least {limit}"
        case "maxItems":
            return f"at most {limit}"
        case "uniqueItems":
            return "each once"
    return f"what satisfies {name}"


def _options(words: Any, got: Any) -> str:
    texts = [word if isinstance(word, str) else _shown(word) for word in words]
    if len(texts) > _NAMED:
        near = get_close_matches(str(got), texts, n=3, cutoff=0.5) or texts[:3]
        return f"one of {len(texts)} words, such as {_listed(near)}"
    return _listed(texts) if texts else "no member"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return quote(value)
    text = orjson.dumps(value).decode()
    if len(text) <= _SHOWN:
        return text
    return f"a list of {len(value)}" if isinstance(value, list) else "an object"
