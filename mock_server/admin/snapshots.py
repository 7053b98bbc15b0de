"""Snapshots: a world kept under a name, to go back to."""

from collections.abc import Mapping
from typing import Any

from ..domain.instants import format_instant
from ..http.validation import Call
from ..mock import Mock
from ..problems.kinds import Problem
from ..problems.violations import quote
from ..sandbox.sandbox import Snapshot, World
from .calls import AdminHandler, Answer

__all__ = ["HANDLERS"]

_MOST = 100


async def list_snapshots(mock: Mock, world: World, call: Call) -> Answer:
    """GET /snapshots."""
    return 200, {"snapshots": [_row(name, kept) for name, kept in world.snapshots.items()]}


async def save_snapshot(mock: Mock, world: World, call: Call) -> Answer:
    """POST /snapshots/{name}."""
    name = call.path["name"]
    if name not in world.snapshots and len(world.snapshots) >= _MOST:
        detail = f"There are {_MOST} snapshots already; delete one, or save over one."
        raise Problem("too-many-snapshots", detail)
    world.snapshots[name] = await world.snapshot()
    return 201, _row(name, world.snapshots[name])


async def restore_snapshot(mock: Mock, world: World, call: Call) -> Answer:
    """POST /snapshots/{name}/restore."""
    name = call.path["name"]
    await world.restore(_find(world, name))
    return 200, _row(name, world.snapshots[name])


async def delete_snapshot(mock: Mock, world: World, call: Call) -> Answer:
    """DELETE /snapshots/{name}."""
    _find(world, call.path["name"])
    del world.snapshots[call.path["name"]]
    return 204, None


HANDLERS: Mapping[str, AdminHandler] = {
    "listSnapshots": list_snapshots,
    "saveSnapshot": save_snapshot,
    "restoreSnapshot": restore_snapshot,
    "deleteSnapshot": delete_snapshot,
}


def _find(world: World, name: str) -> Snapshot:
    if name not in world.snapshots:
        raise Problem("unknown-snapshot", f"There is no snapshot {quote(name)} in this sandbox.")
    return world.snapshots[name]


def _row(name: str, snapshot: Snapshot) -> dict[str, Any]:
    sessions = len(snapshot.image["sessions"])
    return {"name": name, "taken": format_instant(snapshot.taken, "micro"), "sessions": sessions}
