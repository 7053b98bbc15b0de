"""The contract's lint: `python -m conformance.cli.lint`, part of `nox -s lint`.

Every problem is one line that names its place in `openapi.yaml` and the cure.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV30SpecValidator

from ..contract.areas import AREAS, area_of
from ..contract.document import Contract, ContractError, find_contract
from ..contract.pointer import pointer, resolved
from ..registry import all_checks, exchange_checks
from ..report.explain import catalogue, docs_path

RULE_IDS = Path(__file__).parents[1] / "contract" / "rule_ids.txt"
LEVELS = ("MUST", "SHOULD", "MAY")
EVIDENCE = ("explicit", "inferred", "project")
NEEDS = (
    "tool_agent", "closing_agent", "disabled_agent", "token", "second_token",
    "webhook_listener", "wait",
)  # fmt: skip
ID = re.compile(r"[A-Z]+-\d\d\Z")
EXPRESSION = re.compile(r"\$(response\.body#/.+|request\.(path|body#/).+)")


def problems(contract: Contract) -> Iterator[str]:
    """Every problem of the contract, of its rules and of what is bound to them."""
    yield from _specification(contract)
    yield from _examples(contract)
    yield from _links(contract)
    yield from _lifecycle(contract.spec["x-lifecycle"])
    yield from _rules(contract)
    yield from _append_only(contract, RULE_IDS.read_text(encoding="utf-8").split())
    yield from _bindings(contract)
    yield from _docs(contract)


def _specification(contract: Contract) -> Iterator[str]:
    for error in OpenAPIV30SpecValidator(contract.spec).iter_errors():
        yield f"{_at(error.absolute_path)}: {error.message.splitlines()[0]}"


def _examples(contract: Contract) -> Iterator[str]:
    """Every example beside a schema fits that schema."""
    for place, node in _walk(contract.spec):
        if "schema" not in node:
            continue
        validator = contract.validator(node["schema"])
        for name, example in _examples_of(contract, node):
            for error in validator.errors(example):
                yield f"{_at(place)}: the example {name!r} does not fit: {error.message}"


def _examples_of(contract: Contract, node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if "example" in node:
        yield "example", node["example"]
    for name, example in node.get("examples", {}).items():
        yield name, resolved(contract.spec, example)["value"]


def _links(contract: Contract) -> Iterator[str]:
    """Every link names an operation of this file and parameters that it has."""
    for place, node in _walk(contract.spec):
        for name, raw in node.get("links", {}).items() if "description" in node else ():
            link = resolved(contract.spec, raw)
            operation = contract.operations.get(link.get("operationId", ""))
            if operation is None:
                yield f"{_at(place)}: the link {name!r} names no operation of this file"
                continue
            for parameter, value in link.get("parameters", {}).items():
                if parameter not in _parameters(contract, operation.path, operation.method):
                    yield f"{_at(place)}: {operation.id} has no parameter {parameter!r}"
                if str(value).startswith("$") and not EXPRESSION.match(value):
                    yield f"{_at(place)}: {value!r} is no expression that can be followed"


def _parameters(contract: Contract, path: str, method: str) -> set[str]:
    item = contract.spec["paths"][path]
    raw = [*item.get("parameters", ()), *item[method.lower()].get("parameters", ())]
    return {resolved(contract.spec, parameter)["name"] for parameter in raw}


def _lifecycle(table: dict[str, Any]) -> Iterator[str]:
    """One row for each state and event, each of known words."""
    rows = Counter((row["state"], row["event"]) for row in table["transitions"])
    for pair in ((state, event) for state in table["states"] for event in table["events"]):
        if rows[pair] != 1:
            yield f"/x-lifecycle: {rows[pair]} rows for {pair[0]} × {pair[1]}, wanted one"
    for row in table["transitions"]:
        name = f"/x-lifecycle: {row['state']} × {row['event']}"
        if row["to"] not in table["states"]:
            yield f"{name}: no state {row['to']!r}"
        if unknown := set(row["effects"]) - set(table["effects"]):
            yield f"{name}: no effect {sorted(unknown)[0]!r}"
        if (row["state"] != row["to"]) != ("reason" in row):
            yield f"{name}: a reason belongs to the rows that change the state, and to no others"


def _rules(contract: Contract) -> Iterator[str]:
    ids = [raw["id"] for raw in contract.spec["x-rules"]]
    for id, count in Counter(ids).items():
        if count > 1:
            yield f"/x-rules: {id} stands there {count} times"
    for rule in contract.rules.values():
        name = f"openapi.yaml:{rule.line}: {rule.id}"
        if not ID.match(rule.id):
            yield f"{name}: an id is capitals, a hyphen and two digits"
        if rule.level not in LEVELS or rule.evidence not in EVIDENCE:
            yield f"{name}: no level {rule.level!r} or no evidence {rule.evidence!r}"
        if rule.level == "MUST" and rule.evidence != "explicit":
            yield f"{name}: only an explicit rule is a MUST"
        if rule.source not in contract.spec["x-sources"]:
            yield f"{name}: no source {rule.source!r} in x-sources"
        for operation in set(rule.operations) - set(contract.operations):
            yield f"{name}: no operation {operation!r}"
        for need in set(rule.needs) - set(NEEDS):
            yield f"{name}: nothing gives a {need!r}"


def _append_only(contract: Contract, kept: list[str]) -> Iterator[str]:
    for id in kept:
        if id not in contract.rules:
            yield f"/x-rules: {id} was removed; an id stays for ever (mark it unchecked instead)"
    for id in contract.rules:
        if id not in kept:
            yield f"/x-rules: {id} is new; append it to {RULE_IDS.name}"


def _bindings(contract: Contract) -> Iterator[str]:
    """A check for every rule, and a rule for every check."""
    bound = {**exchange_checks(), **all_checks()}
    for id in bound:
        if id not in contract.rules:
            yield f"{id} has a check, but the contract has no such rule"
    for rule in contract.rules.values():
        if (rule.id in bound) == bool(rule.unchecked):
            why = (
                "a check and a reason to have none"
                if rule.unchecked
                else "neither check nor reason"
            )
            yield f"openapi.yaml:{rule.line}: {rule.id} has {why}"


def _docs(contract: Contract) -> Iterator[str]:
    """What people read of the rules is what the contract says."""
    for area in {area_of(id) for id in contract.rules} - set(AREAS):
        yield f"/x-rules: the area {area} has no title; give it one in contract/areas.py"
    path = docs_path(contract)
    if not path.exists() or path.read_text(encoding="utf-8") != catalogue(contract):
        yield "docs/rules.md is stale; `python -m conformance.report.explain --write-docs` mends it"


def _walk(node: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[list[str | int], Any]]:
    if isinstance(node, dict):
        yield list(place), node
        for key, value in node.items():
            if key not in ("example", "examples", "value"):
                yield from _walk(value, (*place, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _walk(value, (*place, index))


def _at(place: Iterable[str | int]) -> str:
    return pointer(place) or "/"


def main() -> None:
    try:
        found = list(problems(Contract(find_contract())))
    except ContractError as error:
        sys.exit(f"conformance.cli.lint: {error}")
    for problem in found:
        print(problem)
    if found:
        sys.exit(f"{len(found)} problems in the contract")
    print("the contract, its examples, links, lifecycle, rules and checks agree")


if __name__ == "__main__":
    main()
