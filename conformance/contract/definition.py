"""What a contract may say: `contract.schema.json`, which travels beside `openapi.yaml`."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from .declaration import acts, queries, shown
from .leavings import held, searched
from .parts import places
from .words import Defect, defect_of, unmet

NAMED = re.compile(r"@([a-z0-9.-]+)")


def resource(name: str) -> Path:
    """A file that travels with the package: installed beside it, or in a checkout."""
    home = Path(__file__).resolve().parents[2]
    installed = home / "data" / name
    return installed if installed.exists() else home / name


class Definition:
    def __init__(self) -> None:
        self.schema: dict[str, Any] = json.loads(resource("contract.schema.json").read_bytes())

    def samples(self, document: Any) -> Any:
        """Values that its schemas have to take, or to refuse."""
        return _Words(document).told(self.schema["samples"])

    def ill_formed(self, document: Any) -> Iterator[Defect]:
        """Where the document is no contract by its form."""
        return _defects(document, self.schema)

    def not_executed(self, document: Any) -> Iterator[Defect]:
        """Where it says what the mock or the suite does not carry out."""
        definitions = _Words(document).told(self.schema["definitions"])
        root = {"$schema": self.schema["$schema"], "definitions": definitions}
        return _defects(document, {**root, **definitions["executed"]})

    def absent(self, document: Any) -> Iterator[Defect]:
        """Operations that both carry out, and that it lacks."""
        known = places(document)
        for id in (*document["x-resource"]["operations"].values(), *acts(document)):
            if id not in known:
                yield unmet(("paths",), f"an operation {id}", "none")


class _Words:
    """What a contract calls the things that stand in the schema as @state.member or @acts: those
    of `own`, or what stands there in `x-resource` or, behind x-, in the contract."""

    def __init__(self, document: Any) -> None:
        self.document, self.resource = document, document["x-resource"]
        table, final = document["x-lifecycle"], self.resource["state"]["final"]
        rows, each = table["transitions"], acts(document)
        self.own: dict[str, Any] = {
            "open": [state for state in table["states"] if state not in final],
            "sent": [name for name, event in table["events"].items() if event["operation"]],
            "acts": [*dict.fromkeys(each)],
            "shared": [act for act in each if each.count(act) > 1],
            "refused": [row["refusal"] for row in rows if "refusal" in row],
            "reason": next((row["reason"] for row in rows if "reason" in row), None),
            "shown": shown(document),
            "queries": queries(document),
            "held": held(document),
            "searched": searched(document),
            "compared": [
                one if isinstance(one, str) else one["member"]
                for one in self.resource["list"]["filters"].values()
            ],
        }

    def told(self, part: Any) -> Any:
        """A part of the schema in the contract's words, without what is about words it lacks."""
        if isinstance(part, str):
            return NAMED.sub(self.words, part)
        if isinstance(part, list):
            return [inner for one in part if self.has(one) for inner in self.items(one)]
        if not isinstance(part, dict):
            return part
        if "@value" in part:
            return self.told(part["@value"])
        return {
            self.told(step): self.told(inner)
            for step, inner in part.items()
            if step not in ("@if", "@unless") and self.has(step)
            if isinstance(inner, str) or self.has(inner)
        }

    def items(self, one: Any) -> list[Any]:
        """What stands in a list for one of its items."""
        found = self.word(one[1:]) if isinstance(one, str) and one[:1] == "@" else None
        return [*found] if isinstance(found, list | dict) else [self.told(one)]

    def words(self, found: re.Match[str]) -> str:
        """What stands in a text for a name."""
        word = self.word(found[1])
        return ", ".join(word) if isinstance(word, list | dict) else str(word or found[0])

    def has(self, part: Any) -> bool:
        """Whether a part is about words that the contract has."""
        if isinstance(part, dict):
            needed = "@if" not in part or self.word(part["@if"]) is not None
            return needed and ("@unless" not in part or self.word(part["@unless"]) is None)
        return not isinstance(part, str) or None not in map(self.word, NAMED.findall(part))

    def word(self, place: str) -> Any:
        """What the contract has there; None where it has nothing."""
        if place in self.own:
            return self.own[place]
        part: Any = self.document if place.startswith("x-") else self.resource
        for step in place.split("."):
            if step not in part and not step.isdigit():
                return None
            part = part[int(step) if step.isdigit() else step]
        return part


def _defects(document: Any, schema: dict[str, Any]) -> Iterator[Defect]:
    validator = jsonschema_rs.Draft7Validator(schema, validate_formats=True)
    for error in validator.iter_errors(document):
        yield defect_of(error, schema, document)
