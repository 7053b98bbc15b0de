"""The sandboxes, listed and deleted."""

from typing import Any

from ..problems.kinds import Problem
from ..sandbox.pool import DEFAULT
from ..sandbox.sandbox import Sandbox
from .calls import AdminCall, Answer


async def list_sandboxes(call: AdminCall) -> Answer:
    rows = [await _row(call.mock.sandbox, 0.0)]
    for entry in call.mock.sandboxes.others.values():
        rows.append(await _row(entry.sandbox, entry.idle_seconds()))
    return 200, {"sandboxes": rows}


async def delete_sandbox(call: AdminCall) -> Answer:
    name = call.path["name"]
    if name == DEFAULT:
        raise Problem("sandbox-kept", "The default sandbox stays; POST /__admin/reset empties it.")
    await call.mock.sandboxes.delete(name)
    return 204, None


async def _row(sandbox: Sandbox, idle: float) -> dict[str, Any]:
    sessions = await sandbox.store.sessions.count()
    return {"name": sandbox.name, "sessions": sessions, "idle_seconds": round(idle, 3)}
