"""`openapi.yaml` as the suite reads it: operations, schemas, lifecycle and rules."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml

from .ids import Paths
from .validator import Validator

Level = Literal["MUST", "SHOULD", "MAY"]
Evidence = Literal["explicit", "inferred", "project"]

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the first is eight times as fast
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class ContractError(Exception):
    """The contract file is missing, is not YAML, or lacks what the suite needs."""


@dataclass(frozen=True)
class Rule:
    """One sentence that a deployment is judged by. `line` is where the contract has it."""

    id: str
    level: Level
    evidence: Evidence
    source: str
    operations: tuple[str, ...]
    text: str
    needs: tuple[str, ...] = ()
    unchecked: str | None = None
    line: int = 0

    @property
    def area(self) -> str:
        return self.id.rsplit("-", 1)[0]


@dataclass(frozen=True)
class Operation:
    """One operation: its path template and the statuses that the contract lists."""

    id: str
    method: str
    path: str
    statuses: frozenset[int]


@dataclass(frozen=True)
class Transition:
    """One row of `x-lifecycle`."""

    state: str
    event: str
    to: str
    reason: str | None
    refusal: str | None


class Contract:
    """The parsed contract. Raises ContractError where the file cannot serve."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.text = path.read_text(encoding="utf-8")
            self.spec: dict[str, Any] = yaml.load(self.text, Loader=LOADER)
        except OSError as error:
            raise ContractError(f"cannot read the contract {path}: {error.strerror}") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ContractError(f"the contract {path} is not YAML: {error}") from error
        if not isinstance(self.spec, dict) or "x-rules" not in self.spec:
            raise ContractError(f"the contract {path} holds no x-rules")

    @property
    def version(self) -> str:
        return str(self.spec["info"]["version"])

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """Every rule by id, in the file's order."""
        lines = _rule_lines(self.text)
        return {raw["id"]: _rule(raw, lines) for raw in self.spec["x-rules"]}

    @cached_property
    def operations(self) -> dict[str, Operation]:
        return {op.id: op for op in _operations(self.spec)}

    @cached_property
    def methods(self) -> dict[str, frozenset[str]]:
        """The methods of each path template, in upper case."""
        return {
            path: frozenset(name.upper() for name in item if name in METHODS)
            for path, item in self.spec["paths"].items()
        }

    @cached_property
    def paths(self) -> Paths:
        return Paths(self.spec["paths"])

    @cached_property
    def transitions(self) -> tuple[Transition, ...]:
        return tuple(
            Transition(row["state"], row["event"], row["to"], row.get("reason"), row.get("refusal"))
            for row in self.spec["x-lifecycle"]["transitions"]
        )

    def validator(self, schema: dict[str, Any]) -> Validator:
        """A compiled validator of a schema of this file; `$ref`s resolve within the file."""
        root = {**json_schema(schema), "components": self._components}
        return Validator(root, self._member_names)

    def component(self, name: str) -> Validator:
        """A compiled validator of `#/components/schemas/<name>`."""
        return self.validator({"$ref": f"#/components/schemas/{name}"})

    @cached_property
    def _member_names(self) -> frozenset[str]:
        return frozenset(_property_names(self.spec["components"]["schemas"]))

    @cached_property
    def _components(self) -> Any:
        return json_schema({"schemas": self.spec["components"]["schemas"]})


def find_contract() -> Path:
    """The contract that travels with the package: installed beside it, or in a checkout."""
    home = Path(__file__).resolve().parents[2]
    installed = home / "data" / "openapi.yaml"
    return installed if installed.exists() else home / "openapi.yaml"


def json_schema(node: Any) -> Any:
    """The same schema in JSON Schema's words: OpenAPI 3.0's `nullable` is a type there."""
    if isinstance(node, list):
        return [json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: json_schema(value) for key, value in node.items() if key != "nullable"}
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        plain["type"] = [node["type"], "null"]
    return plain


def _property_names(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node.get("properties", ())
    for inner in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from _property_names(inner)


def _rule(raw: dict[str, Any], lines: dict[str, int]) -> Rule:
    return Rule(
        id=raw["id"],
        level=raw["level"],
        evidence=raw["evidence"],
        source=raw["source"],
        operations=tuple(raw["operations"]),
        text=raw["text"],
        needs=tuple(raw.get("needs", ())),
        unchecked=raw.get("unchecked"),
        line=lines.get(raw["id"], 0),
    )


def _rule_lines(text: str) -> dict[str, int]:
    prefix = "- id: "
    return {
        line.strip().removeprefix(prefix): number
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip().startswith(prefix)
    }


def _operations(spec: dict[str, Any]) -> Iterator[Operation]:
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                raw = item[method]
                statuses = frozenset(int(status) for status in raw["responses"])
                yield Operation(raw["operationId"], method.upper(), path, statuses)
