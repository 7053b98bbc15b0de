"""Snapshots: a sandbox kept under a name, to go back to."""

from typing import Any

from ..domain.instants import format_instant
from ..http.validation import Call
from ..mock import Mock
from ..problems.kinds import Problem
from ..problems.violations import quote
from ..sandbox.sandbox import Sandbox
from ..sandbox.snapshot import Snapshot
from .calls import Answer

_MOST = 100


async def list_snapshots(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """GET /snapshots."""
    return 200, {"snapshots": [_row(name, kept) for name, kept in sandbox.snapshots.items()]}


async def save_snapshot(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """POST /snapshots/{name}."""
    name = call.path["name"]
    if name not in sandbox.snapshots and len(sandbox.snapshots) >= _MOST:
        detail = f"There are {_MOST} snapshots already; delete one, or save over one."
        raise Problem("too-many-snapshots", detail)
    sandbox.snapshots[name] = await sandbox.snapshot()
    return 201, _row(name, sandbox.snapshots[name])


async def restore_snapshot(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """POST /snapshots/{name}/restore."""
    name = call.path["name"]
    await sandbox.restore(_find(sandbox, name))
    return 200, _row(name, sandbox.snapshots[name])


async def delete_snapshot(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """DELETE /snapshots/{name}."""
    _find(sandbox, call.path["name"])
    del sandbox.snapshots[call.path["name"]]
    return 204, None


def _find(sandbox: Sandbox, name: str) -> Snapshot:
    if name not in sandbox.snapshots:
        raise Problem("unknown-snapshot", f"There is no snapshot {quote(name)} in this sandbox.")
    return sandbox.snapshots[name]


def _row(name: str, snapshot: Snapshot) -> dict[str, Any]:
    sessions = snapshot.packed.sessions
    return {"name": name, "taken": format_instant(snapshot.taken, "micro"), "sessions": sessions}
