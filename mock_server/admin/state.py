"""Reset, seed, and the state as a document."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema_rs import ValidationError

from ..contract.document import Contract
from ..contract.fixtures import fixture_violations
from ..contract.schemas import compile_schema
from ..domain.agents import NOBODY, Agent, load_agents
from ..domain.records import Rows
from ..large import let_go
from ..mock import Mock
from ..problems.kinds import Problem
from ..problems.nearest import did_you_mean
from ..problems.violations import describe_error, leaf_errors, pointer_of, quote, violation
from ..sandbox.documents import document_of, rows_of, sessions_of
from ..sandbox.seeds import NO_AGENTS, check_seed
from ..sandbox.snapshot import Basis
from ..sandbox.state_check import find_fault, session_check
from .calls import AdminCall, Answer, invalid

_KEPT = ("state", "clock", "journal", "faults")


async def reset(call: AdminCall) -> Answer:
    text: str = call.query.get("keep", "")
    keep = frozenset(text.split(",") if text else ())
    for word in keep.difference(_KEPT):
        wanted = f"wanted some of {', '.join(_KEPT)}, separated by commas, got {quote(word)}"
        raise invalid("/keep", f"{wanted}{did_you_mean(word, _KEPT)}", "query")
    if "state" in keep and "clock" not in keep:
        detail = "state cannot be kept while the clock goes back; keep clock too: state,clock"
        raise invalid("/keep", detail, "query")
    await call.sandbox.reset(keep, call.mock.seed)
    return 200, {"sessions": await call.sandbox.store.sessions.count()}


async def seed(call: AdminCall) -> Answer:
    # In a thread, as a fixture may be large.
    agents = await asyncio.to_thread(
        _agents_of, call.body, {**call.sandbox.agents}, call.mock.contract
    )
    opened = await call.sandbox.add(call.body, agents)
    return 200, {"opened": [*opened], "agents": [*agents]}


async def show_state(call: AdminCall) -> Answer:
    rows = await call.sandbox.store.image.dump()
    document = await asyncio.to_thread(document_of, rows)
    await let_go(rows)
    return 200, document


async def replace_state(call: AdminCall) -> Answer:
    replaced = False
    while not replaced:
        basis = call.sandbox.basis()
        # In a thread, as a state may be large.
        rows = await asyncio.to_thread(_rows_of, call.mock, call.body, basis)
        try:
            replaced = await call.sandbox.replace(rows, basis)
        finally:
            await let_go(rows)
    return 200, {"sessions": len(call.body["sessions"])}


def _agents_of(
    fixture: Mapping[str, Any], known: Mapping[str, Agent], contract: Contract
) -> dict[str, Agent]:
    """The agents of a fixture. Raises Problem for one that is none, or cannot be played."""
    if errors := fixture_violations(fixture):
        raise Problem("invalid-request", "The body is no fixture.", errors=errors)
    agents = load_agents(fixture)
    if agents and NOBODY.id in known:
        raise invalid("/agents", NO_AGENTS)
    if fault := check_seed(fixture, {**known, **agents}, contract):
        raise invalid(*fault)
    return agents


def _rows_of(mock: Mock, document: Mapping[str, Any], basis: Basis) -> Rows:
    """The rows of a document. Raises Problem for one that cannot be the state."""
    result = mock.contract.resource.result
    if errors := [*_unreadable(mock, document)]:
        raise Problem("invalid-request", "The state breaks the API's contract.", errors=errors)
    if fault := find_fault(document, basis.agents, basis.lifecycle, result):
        raise invalid(*fault)
    rows = rows_of(document, basis.lifecycle, result)
    if errors := [*_breaches(mock, document, rows)]:
        raise Problem("invalid-request", "The state breaks the API's contract.", errors=errors)
    return rows


def _unreadable(mock: Mock, document: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Call results that lack what they are kept by, or that nothing would find."""
    rows, names = document.get("call_results", []), mock.contract.resource.result
    if rows and not names.row:
        detail = "wanted none, as the contract has no operation that finds them"
        yield violation("body", "/call_results", detail)
        return
    text = {"type": "string"}
    forms = {
        names.names["identity"]: {**text, "format": "uuid"},
        names.names["completed"]: {**text, "format": "date-time"},
        names.names["agent"]: text,
        names.status: text,
    }
    forms.pop("", None)
    needed = compile_schema({"required": [*forms], "properties": forms})
    for number, row in enumerate(rows):
        yield from _violations(
            f"/call_results/{number}/result", leaf_errors(needed.iter_errors(row["result"]))
        )


def _breaches(mock: Mock, document: Mapping[str, Any], rows: Rows) -> Iterator[dict[str, str]]:
    """Where the state holds what the API may not give: it hands these values out as they are."""
    errors_of = session_check(mock.contract, mock.renderer)
    for number, session in enumerate(sessions_of(rows)):
        yield from _violations(f"/sessions/{number}", errors_of(session))
    resource = mock.contract.resource
    if (search := resource.operations.get("search")) is None:
        return
    page = mock.contract.answer(search)
    result = compile_schema(page["properties"][resource.result.items]["items"])
    for number, row in enumerate(document.get("call_results", [])):
        yield from _violations(f"/call_results/{number}/result", result.iter_errors(row["result"]))


def _violations(place: str, errors: Iterator[ValidationError]) -> Iterator[dict[str, str]]:
    for error in errors:
        detail = describe_error(error)
        yield violation("body", f"{place}{pointer_of(error)}", detail, error.kind.name)
