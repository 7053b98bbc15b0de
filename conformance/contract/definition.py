"""What a contract may say: `contract.schema.json`, which travels beside `openapi.yaml`."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from .declaration import acts, shown
from .parts import holds, operations
from .words import Defect, defect_of

NAMED = re.compile(r"@([a-z0-9.]+)")


def resource(name: str) -> Path:
    """A file that travels with the package: installed beside it, or in a checkout."""
    home = Path(__file__).resolve().parents[2]
    installed = home / "data" / name
    return installed if installed.exists() else home / name


class Definition:
    def __init__(self) -> None:
        self.schema: dict[str, Any] = json.loads(resource("contract.schema.json").read_bytes())

    @property
    def rule_ids(self) -> list[str]:
        """Every rule that there has ever been: an id stays for ever."""
        return [*self.schema["about"]]

    def samples(self, document: Any) -> Any:
        """Values that its schemas have to take, or to refuse."""
        return _in_words_of(document, self.schema["samples"])

    def ill_formed(self, document: Any) -> Iterator[Defect]:
        """Where the document is no contract by its form."""
        return _defects(document, self.schema)

    def not_executed(self, document: Any) -> Iterator[Defect]:
        """Where it says what the mock or the suite does not carry out."""
        definitions = _in_words_of(document, self.schema["definitions"])
        root = {"$schema": self.schema["$schema"], "definitions": definitions}
        return _defects(document, {**root, **definitions["executed"]})

    def absent(self, document: Any) -> Iterator[Defect]:
        """Operations that both carry out, and that it lacks."""
        known = {operation["operationId"] for _, operation in operations(document)}
        for id in (*document["x-resource"]["operations"].values(), *acts(document)):
            if id not in known:
                yield Defect(("paths",), f"wanted an operation {id}, got none")

    def unfounded(self, document: Any) -> Iterator[Defect]:
        """Rules about words that the contract lacks, so that they tell of nothing."""
        for place, rule in enumerate(document["x-rules"]):
            for name in self.lacked(document, rule["id"]):
                wanted = f"wanted {name}, which {rule['id']} is about, got none"
                yield Defect(("x-rules", place, "id"), wanted)

    def lacked(self, document: Any, rule: str) -> Iterator[str]:
        """The words that a rule is about, and that the contract lacks."""
        for word in self.schema["about"].get(rule, ()):
            name = word if word.startswith("x-") else f"x-resource.{word}"
            if not holds(document, (*name.split("."),)):
                yield name


def _in_words_of(document: Any, value: Any) -> Any:
    """The value with what a contract calls things where @state.member or @initial stand."""
    states = [*document["x-lifecycle"]["states"]]
    final = document["x-resource"]["state"]["final"]
    lists = {
        "@states": states,
        "@finals": final,
        "@open": [state for state in states if state not in final],
        "@events": [*document["x-lifecycle"]["events"]],
        "@acts": [*dict.fromkeys(acts(document))],
        "@shown": shown(document),
        "@refusals": [*document["x-resource"]["refusals"]],
        "@result.fixed": [*document["x-resource"].get("result", {}).get("fixed", ())],
        "@result.further": [*document["x-resource"].get("result", {}).get("further", ())],
    }

    def word(place: str) -> Any:
        """What the contract has there; None where it has nothing."""
        if place == "initial":
            return document["x-lifecycle"]["initial"]
        if place == "reason":
            rows = document["x-lifecycle"]["transitions"]
            return next((row["reason"] for row in rows if "reason" in row), None)
        part: Any = document if place.startswith("x-") else document["x-resource"]
        for step in place.split("."):
            if step not in part and not step.isdigit():
                return None
            part = part[int(step) if step.isdigit() else step]
        return part

    def counts(part: Any) -> bool:
        """Whether a part is about words that the contract has."""
        if isinstance(part, dict):
            needed = "@if" not in part or word(part["@if"]) is not None
            return needed and ("@unless" not in part or word(part["@unless"]) is None)
        if not isinstance(part, str) or part in lists:
            return True
        return None not in map(word, NAMED.findall(part))

    def renamed(part: Any) -> Any:
        if isinstance(part, dict):
            if "@value" in part:
                return renamed(part["@value"])
            return {
                renamed(step): renamed(inner)
                for step, inner in part.items()
                if step not in ("@if", "@unless") and counts(step)
                if isinstance(inner, str) or counts(inner)
            }
        if isinstance(part, list):
            wholes = (
                lists[one] if isinstance(one, str) and one in lists else [renamed(one)]
                for one in part
                if counts(one)
            )
            return [inner for whole in wholes for inner in whole]
        if not isinstance(part, str):
            return part
        return NAMED.sub(lambda found: str(word(found[1]) or found[0]), part)

    return renamed(value)


def _defects(document: Any, schema: dict[str, Any]) -> Iterator[Defect]:
    validator = jsonschema_rs.Draft7Validator(schema, validate_formats=True)
    for error in validator.iter_errors(document):
        yield defect_of(error, schema, document)
