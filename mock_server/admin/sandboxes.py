"""The sandboxes, listed and deleted."""

from collections.abc import Mapping
from typing import Any

from ..http.validation import Call
from ..mock import Mock
from ..problems.kinds import Problem
from ..sandbox.pool import DEFAULT
from ..sandbox.sandbox import World
from .calls import AdminHandler, Answer

__all__ = ["HANDLERS"]


async def list_sandboxes(mock: Mock, world: World, call: Call) -> Answer:
    """GET /sandboxes."""
    rows = [await _row(mock.world, 0.0)]
    for sandbox in mock.sandboxes.others.values():
        rows.append(await _row(sandbox.world, sandbox.idle_seconds()))
    return 200, {"sandboxes": rows}


async def delete_sandbox(mock: Mock, world: World, call: Call) -> Answer:
    """DELETE /sandboxes/{name}."""
    name = call.path["name"]
    if name == DEFAULT:
        raise Problem("sandbox-kept", "The default sandbox stays; POST /__admin/reset empties it.")
    await mock.sandboxes.delete(name)
    return 204, None


HANDLERS: Mapping[str, AdminHandler] = {
    "listSandboxes": list_sandboxes,
    "deleteSandbox": delete_sandbox,
}


async def _row(world: World, idle: float) -> dict[str, Any]:
    sessions = await world.store.count()
    return {"name": world.name, "sessions": sessions, "idle_seconds": round(idle, 3)}
