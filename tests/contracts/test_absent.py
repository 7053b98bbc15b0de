"""A contract without a word of `x-resource` is served without it, and judged by the other rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conformance.contract.document import Contract
from tests.serving import Api

from .test_about import ABOUT, lacking
from .test_judged import broken

Document = dict[str, Any]


def without(word: str) -> Document:
    """The contract without a word, the rules about it, and the operation that it names."""
    document: Document = lacking(word)
    known = {*document["x-resource"]["operations"].values()}
    for path, item in [*document["paths"].items()]:
        if not {one["operationId"] for one in item.values() if "operationId" in one} & known:
            del document["paths"][path]
    for holder in holding(document, "links"):
        kept = {
            k: v
            for k, v in holder["links"].items()
            if {"$ref", *known} & {*v, v.get("operationId")}
        }
        holder["links"] = kept
    rules = [rule for rule in document["x-rules"] if word not in ABOUT[rule["id"]]]
    for rule in rules:
        rule["operations"] = [id for id in rule["operations"] if id in known]
    document["x-rules"] = [rule for rule in rules if rule["operations"]]
    return document


def holding(part: Any, name: str) -> Iterator[Any]:
    """Every object of a document that has this member."""
    if isinstance(part, dict) and name in part:
        yield part
    for inner in (
        part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    ):
        yield from holding(inner, name)


@contextmanager
def served(document: Document, folder: Path) -> Iterator[tuple[Api, Contract]]:
    """A mock of a contract, and the contract as the suite reads it."""
    path = folder / "openapi.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    with Api.of(contract=path) as api:
        yield api, Contract(path)


def test_no_search(tmp_path: Path) -> None:
    document = without("operations.search")
    assert "/api/v1/callresults/search" not in document["paths"]
    with served(document, tmp_path) as (api, contract):
        session = api.open()
        api.end(session["id"])
        state = api.admin("GET", "/state").json()
        assert (state["call_results"], len(state["audit"])) == ([], 1)
        assert api.admin("PUT", "/state", json=state).status_code == 200
        assert broken(contract, api, profile="core") == []
