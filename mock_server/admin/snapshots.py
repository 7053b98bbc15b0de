"""Snapshots: a sandbox kept under a name, to go back to."""

from typing import Any

from ..domain.instants import format_instant
from ..problems.kinds import Problem
from ..problems.violations import quote
from ..sandbox.sandbox import Sandbox
from ..sandbox.snapshot import Snapshot
from .calls import AdminCall, Answer

_MOST = 100


async def list_snapshots(call: AdminCall) -> Answer:
    return 200, {"snapshots": [_row(name, kept) for name, kept in call.sandbox.snapshots.items()]}


async def save_snapshot(call: AdminCall) -> Answer:
    name = call.path["name"]
    if name not in call.sandbox.snapshots and len(call.sandbox.snapshots) >= _MOST:
        detail = f"There are {_MOST} snapshots already; delete one, or save over one."
        raise Problem("too-many-snapshots", detail)
    call.sandbox.snapshots[name] = await call.sandbox.snapshot()
    return 201, _row(name, call.sandbox.snapshots[name])


async def restore_snapshot(call: AdminCall) -> Answer:
    name = call.path["name"]
    await call.sandbox.restore(_find(call.sandbox, name))
    return 200, _row(name, call.sandbox.snapshots[name])


async def delete_snapshot(call: AdminCall) -> Answer:
    _find(call.sandbox, call.path["name"])
    del call.sandbox.snapshots[call.path["name"]]
    return 204, None


def _find(sandbox: Sandbox, name: str) -> Snapshot:
    if name not in sandbox.snapshots:
        raise Problem("unknown-snapshot", f"There is no snapshot {quote(name)} in this sandbox.")
    return sandbox.snapshots[name]


def _row(name: str, snapshot: Snapshot) -> dict[str, Any]:
    sessions = snapshot.packed.sessions
    return {"name": name, "taken": format_instant(snapshot.taken, "micro"), "sessions": sessions}
