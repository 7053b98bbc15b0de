"""Reset, seed, and the state as a document."""

from collections.abc import Iterator, Mapping
from typing import Any

from mock_server.admin.calls import AdminHandler, Answer, invalid
from mock_server.agents import load_agents
from mock_server.app import Mock
from mock_server.documents import document_of, find_fault, image_of
from mock_server.fixtures import fixture_violations
from mock_server.problems import Problem
from mock_server.schemas import compile_schema
from mock_server.seeds import check_seed, plant, play
from mock_server.validation import Call
from mock_server.violations import describe_error, pointer_of, violation
from mock_server.world import World

__all__ = ["HANDLERS"]


async def reset(mock: Mock, world: World, call: Call) -> Answer:
    """POST /reset."""
    keep = frozenset(filter(None, call.query.get("keep", "").split(",")))
    if "state" in keep and "clock" not in keep:
        detail = "state cannot be kept while the clock goes back; keep clock too: state,clock"
        raise invalid("/keep", detail, "query")
    async with world.moving, world.store.alone():
        await world.reset(keep)
        await plant(mock.seed, world)
    return 200, {"sessions": await world.store.count()}


async def seed(mock: Mock, world: World, call: Call) -> Answer:
    """POST /seed."""
    if errors := fixture_violations(call.body):
        raise Problem("invalid-request", "The body is no fixture.", errors=errors)
    agents = load_agents(call.body)
    if fault := check_seed(call.body, {**world.agents, **agents}):
        raise invalid(*fault)
    before = await world.snapshot()
    world.agents.maps[0].update(agents)
    try:
        opened = await play(call.body, world)
    except Problem:
        await world.restore(before)
        raise
    return 200, {"opened": opened, "agents": [*agents]}


async def show_state(mock: Mock, world: World, call: Call) -> Answer:
    """GET /state."""
    return 200, document_of(await world.store.dump())


async def replace_state(mock: Mock, world: World, call: Call) -> Answer:
    """PUT /state."""
    if fault := find_fault(call.body, world.agents):
        raise invalid(*fault)
    if errors := _misfits(mock, call.body):
        raise Problem("invalid-request", "The state breaks the API's contract.", errors=errors)
    await world.replace(image_of(call.body, await mock.database.serial()))
    return 200, {"sessions": len(call.body["sessions"])}


HANDLERS: Mapping[str, AdminHandler] = {
    "reset": reset,
    "seed": seed,
    "showState": show_state,
    "replaceState": replace_state,
}


def _misfits(mock: Mock, document: Mapping[str, Any]) -> list[dict[str, str]]:
    """Where the state holds what the API may not give: it hands these values out as they are."""
    results = [
        (f"/call_results/{number}/result", row["result"])
        for number, row in enumerate(document.get("call_results", []))
    ]
    calls = [
        (f"/sessions/{number}/messages/{position}/tool_calls/{place}", call)
        for number, session in enumerate(document["sessions"])
        for position, message in enumerate(session.get("messages", []))
        for place, call in enumerate(message.get("tool_calls") or [])
    ]
    return [*_against(mock, "CallResult", results), *_against(mock, "ToolCall", calls)]


def _against(mock: Mock, schema: str, values: list[tuple[str, Any]]) -> Iterator[dict[str, str]]:
    components = mock.contract.document["components"]
    validator = compile_schema({"$ref": f"#/components/schemas/{schema}", "components": components})
    for pointer, value in values:
        for error in validator.iter_errors(value):
            place = f"{pointer}{pointer_of(error)}"
            yield violation("body", place, describe_error(error), error.kind.name)
