"""What several mutants do: let a broken request pass, or change a member of a body."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from typing import Any

from mock_server.domain.chats import Chats
from mock_server.domain.records import Change
from mock_server.domain.session import Message, Session
from mock_server.http import validation
from mock_server.http.parameters import QueryReader
from mock_server.store.sqlite.sessions import SqliteSessions
from mock_server.store.sqlite.tables import Tables

from ..patch import Patch

Body = Mapping[str, Any]
AS_IT_IS: Any = object()


def lenient_body(patch: Patch, member: str, value: Any = AS_IT_IS) -> None:
    """Let a body pass whatever its member holds; with a value, put that in its place."""

    @patch.around(validation, "schema_violations")
    def violations(real: Any, validator: Any, body: Any, **given: Any) -> list[dict[str, str]]:
        found: list[dict[str, str]] = real(validator, deepcopy(body), **given)
        left = [error for error in found if not _lies_in(error, member)]
        if len(left) < len(found) and value is not AS_IT_IS:
            body[member] = value
        return left


def lenient_query(patch: Patch, name: str, value: Any) -> None:
    """Read a parameter that breaks its schema as this value."""

    @patch.around(QueryReader, "read")
    def read(real: Any, reader: QueryReader, query: bytes, errors: list[Any]) -> Any:
        found: list[dict[str, str]] = []
        values = real(reader, query, found)
        left = [error for error in found if not _lies_in(error, name)]
        errors.extend(left)
        return {**values, name: value} if len(left) < len(found) else values


def recast(patch: Patch, member: str, change: Callable[[Any], Any]) -> None:
    """Change a member of every body that has it, before anything looks at the body."""

    @patch.around(validation, "parse_json")
    def parse_json(real: Any, raw: bytes, status: int) -> Any:
        body = real(raw, status)
        if isinstance(body, dict) and member in body:
            body = {**body, member: change(body[member])}
        return body


def execute(chats: Chats, statement: str, *values: Any) -> list[sqlite3.Row]:
    """Run a statement on the store's tables, past all that guards them; what it gives."""
    assert isinstance(chats.sessions, SqliteSessions)
    assert isinstance(chats.sessions.tables, Tables)
    return chats.sessions.tables.database.connection.execute(statement, values).fetchall()


def save(chats: Chats, session: Session) -> Session:
    """Overwrite what the store knows of the session's state; gives the session."""
    execute(
        chats,
        "UPDATE sessions SET agent_id = ?, channel = ?, ttl_seconds = ?, created = ?, "
        "last_activity = ?, state = ?, holds = ?, final_reason = ? WHERE id = ?",
        session.agent_id,
        session.channel,
        session.ttl_seconds,
        session.created,
        session.last_activity,
        session.state,
        not session.is_final,
        session.final_reason,
        session.id,
    )
    return session


def append(chats: Chats, session: Session, message: Message) -> None:
    """Add one message to a stored session."""
    said = message.role, message.content, message.time
    execute(
        chats,
        "INSERT INTO messages (sandbox, session_id, position, role, content, time) "
        "SELECT sandbox, id, ?, ?, ?, ? FROM sessions WHERE id = ?",
        len(session.messages), *said, session.id,
    )  # fmt: skip
    statement = "UPDATE sessions SET message_count = message_count + 1 WHERE id = ?"
    execute(chats, statement, session.id)


def forgetful(patch: Patch) -> None:
    """Let a key be answered anew, where the store would refuse to remember it twice."""

    @patch.around(SqliteSessions, "remember")
    async def remember(real: Any, sessions: SqliteSessions, statements: Any, change: Any) -> None:
        with suppress(sqlite3.IntegrityError):
            await real(sessions, statements, change)


def stored_messages(patch: Patch, change: Callable[[Sequence[Message]], list[Message]]) -> None:
    """Keep other messages of a round than those that it was answered with."""

    @patch.around(SqliteSessions, "apply")
    async def apply(real: Any, sessions: SqliteSessions, given: Change) -> Any:
        if not given.messages:
            return await real(sessions, given)
        kept = tuple(change(given.messages))
        moved = given.reply_from + len(kept) - len(given.messages)
        return await real(sessions, replace(given, messages=kept, reply_from=max(0, moved)))


def _lies_in(error: Mapping[str, str], member: str) -> bool:
    return error.get("pointer", "").split("/")[1:2] == [member]
