"""Mutants of created_time and last_activity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mock_server.domain.chats import Chats
from mock_server.domain.instants import SECOND
from mock_server.domain.render import Renderer
from mock_server.domain.session import Session
from mock_server.http import handlers
from mock_server.store.sqlite.sessions import SqliteSessions

from ..mutants import mutant
from ..patch import Patch
from .tools import save


@mutant("TIME-01", "created_time is an hour ahead")
def created_time_is_ahead(patch: Patch) -> None:
    @patch.around(Renderer, "session")
    def session(real: Any, renderer: Renderer, value: Session) -> Any:
        return real(renderer, replace(value, created=value.created + 3600 * SECOND))


@mutant("TIME-02", "a turn does not move last_activity")
def turn_does_not_move_last_activity(patch: Patch) -> None:
    @patch.around(SqliteSessions, "apply")
    async def apply(real: Any, sessions: SqliteSessions, change: Any) -> Any:
        session = change.session
        if change.messages:
            change = replace(change, session=replace(session, last_activity=session.created))
        return await real(sessions, change)


@mutant("TIME-03", "retrieving a session moves last_activity")
def get_moves_last_activity(patch: Patch) -> None:
    @patch.around(handlers.HANDLERS, "read")
    async def get_chat(real: Any, sandbox: Any, renderer: Renderer, call: Any) -> Any:
        session = await sandbox.chats.get(call.path["id"])
        save(sandbox.chats, replace(session, last_activity=sandbox.clock.stamp()))
        return await real(sandbox, renderer, call)


@mutant("TIME-03", "listing moves last_activity of what is listed")
def list_moves_last_activity(patch: Patch) -> None:
    @patch.around(Chats, "list_sessions")
    async def list_sessions(real: Any, chats: Chats, query: Any) -> Any:
        sessions, total = await real(chats, query)
        for session in sessions:
            save(chats, replace(session, last_activity=chats.clock.stamp()))
        return sessions, total


@mutant("TIME-04", "an end puts last_activity back to created_time")
def end_puts_last_activity_back(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        before = await chats.get(session_id)
        ended = await real(chats, session_id, note)
        if before.is_final:
            return ended
        return save(chats, replace(ended, last_activity=ended.created))
