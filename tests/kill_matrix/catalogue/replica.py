"""Mutants that read from a replica, which lags behind what was answered."""

from __future__ import annotations

import time
from typing import Any

from mock_server.domain.render import Renderer
from mock_server.domain.session import Session
from mock_server.http import handlers
from mock_server.problems.kinds import Problem

from ..mutants import mutant
from ..patch import Patch

LAG = 0.3  # seconds

Sights = list[tuple[float, Session]]


def lagging(patch: Patch, find: Any) -> None:
    """Retrieve what `find(sights, then)` gives: the sights of a session, each with its time,
    and the time that the replica has come to. The last sight is the session itself."""
    sights: dict[str, Sights] = {}

    def remembering(operation: str) -> None:
        @patch.around(handlers.HANDLERS, operation)
        async def handler(real: Any, sandbox: Any, renderer: Renderer, call: Any) -> Any:
            status, body = await real(sandbox, renderer, call)
            id = str(body["id"] if operation == "create" else call.path["id"]).lower()
            seen = (time.monotonic(), await sandbox.chats.get(id))
            sights.setdefault(id, []).append(seen)
            return status, body

    for operation in ("create", "submit", "end"):
        remembering(operation)

    @patch.around(handlers.HANDLERS, "read")
    async def get_chat(real: Any, sandbox: Any, renderer: Renderer, call: Any) -> Any:
        now, then = await sandbox.chats.get(call.path["id"]), time.monotonic() - LAG
        of = sights.get(str(call.path["id"]).lower(), [])
        behind = of and of[-1][0] > then
        return 200, renderer.session(find(of, then) if behind else now)


@mutant("GET-04", "a session is retrieved as it was 300 ms ago")
def get_is_stale(patch: Patch) -> None:
    def older(sights: Sights, then: float) -> Session:
        known = [session for at, session in sights if at <= then]
        return known[-1] if known else sights[0][1]

    lagging(patch, older)


@mutant("GET-04", "a session is unknown to a retrieve for 300 ms after its open")
def get_knows_no_new_session(patch: Patch) -> None:
    def known(sights: Sights, then: float) -> Session:
        if sights[0][0] > then:
            raise Problem("unknown-session", "No session has the id.")
        return sights[-1][1]

    lagging(patch, known)


@mutant("LIST-26", "a list shows its sessions as they were 300 ms ago")
def list_is_stale(patch: Patch) -> None:
    stale: list[tuple[float, Any]] = []

    @patch.around(handlers.HANDLERS, "submit")
    async def submit_message(real: Any, sandbox: Any, renderer: Renderer, call: Any) -> Any:
        before = renderer.session(await sandbox.chats.get(call.id))
        answer = await real(sandbox, renderer, call)
        stale.append((time.monotonic() + LAG, before))
        return answer

    @patch.around(handlers.HANDLERS, "list")
    async def list_chats(real: Any, sandbox: Any, renderer: Renderer, call: Any) -> Any:
        status, page = await real(sandbox, renderer, call)
        older = {
            before["id"]: before for until, before in reversed(stale) if time.monotonic() < until
        }
        items = [older.get(item["id"], item) for item in page["items"]]
        return status, {**page, "items": items}


@mutant("LIST-26", "a list lacks a session for 300 ms after its open")
def list_knows_no_new_session(patch: Patch) -> None:
    opened: dict[str, float] = {}

    @patch.around(handlers.HANDLERS, "create")
    async def open_chat(real: Any, sandbox: Any, renderer: Renderer, call: Any) -> Any:
        status, body = await real(sandbox, renderer, call)
        opened.setdefault(body["id"], time.monotonic())
        return status, body

    @patch.around(handlers.HANDLERS, "list")
    async def list_chats(real: Any, sandbox: Any, renderer: Renderer, call: Any) -> Any:
        status, page = await real(sandbox, renderer, call)
        then = time.monotonic() - LAG
        items = [item for item in page["items"] if opened.get(item["id"], 0.0) <= then]
        total = page["total_count"] - len(page["items"]) + len(items)
        return status, {**page, "items": items, "total_count": total}
