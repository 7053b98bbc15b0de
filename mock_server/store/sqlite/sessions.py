"""The embedded store: SQLite, called in the event loop."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...domain.repository import Change, SessionQuery
from ...domain.session import Message, Session, TurnResult
from ..filters import all_of, session_tests
from ..rows import (
    OVERDUE_AT_ONCE,
    SESSION_COLUMNS,
    changed_row,
    message_of,
    message_rows,
    reply_row,
    session_of,
    session_row,
)
from .outbox import SqliteOutbox
from .schema import INSERT_SESSION, UPDATE_SESSION

__all__ = ["SqliteRepository"]


class SqliteRepository(SqliteOutbox):
    """One sandbox's view of a database. It awaits nothing and hops no thread."""

    async def insert(self, session: Session) -> bool:
        if not session.messages:  # one statement is a transaction by itself
            return self._insert_session(session)
        with self.database.transaction():
            inserted = self._insert_session(session)
            if inserted:
                self._add_messages(session.id, 0, session.messages)
        return inserted

    async def active_at(self, channel: str, external_hash: str) -> Session | None:
        return self._one(
            "sandbox = ? AND channel = ? AND external_hash = ? AND NOT is_final",
            (self.sandbox, channel, external_hash),
        )

    async def get(self, session_id: str) -> Session | None:
        return self._one("sandbox = ? AND id = ?", (self.sandbox, session_id))

    async def list_sessions(self, query: SessionQuery) -> tuple[list[Session], int]:
        where, values = self.session_filter(query)
        total = self.connection.execute(
            f"SELECT count(*) FROM sessions WHERE {where}", values
        ).fetchone()[0]
        rows = self.connection.execute(
            f"SELECT {SESSION_COLUMNS} FROM sessions WHERE {where} "
            f"ORDER BY {self.session_order()} LIMIT ? OFFSET ?",
            (*values, query.take, query.skip),
        ).fetchall()
        return self._sessions(rows), total

    def session_filter(self, query: SessionQuery) -> tuple[str, list[Any]]:
        """The condition of a listing, with its values."""
        return all_of([*session_tests(self.sandbox, query)], "?")

    def session_order(self) -> str:
        """Most recently active first; the serial of the activity breaks ties."""
        return "last_activity DESC, activity DESC"

    async def replay(self, session_id: str, key: str) -> TurnResult | None:
        row = self.connection.execute(
            "SELECT first, last, state FROM replies "
            "WHERE sandbox = ? AND session_id = ? AND key = ?",
            (self.sandbox, session_id, key),
        ).fetchone()
        if row is None:
            return None
        return TurnResult(self._transcript(session_id)[row[0] : row[1]], row[2])

    async def apply(self, change: Change) -> Session | None:
        session = change.session
        with self.database.transaction() as connection:
            if not connection.execute(*self.conditional_update(change)).rowcount:
                return None
            stored, count = session, self._count(change)
            if change.messages:
                self._add_messages(session.id, count - len(change.messages), change.messages)
            if change.key is not None:
                self._remember(change, count)
            if count:
                transcript = self._transcript(session.id)
                stored = replace(session, messages=transcript, message_count=count)
            if change.complete is not None:
                self.record(stored, change.complete(stored))
        return stored

    def conditional_update(self, change: Change) -> tuple[str, tuple[Any, ...]]:
        """The one statement that decides who finishes a session."""
        session = change.session
        return UPDATE_SESSION, (
            session.last_activity,
            next(self.database.activity) if change.messages else None,
            *changed_row(self.sandbox, change),
        )

    def _count(self, change: Change) -> int:
        """How many messages the session holds now that the change is made."""
        if change.seen is not None:
            return change.seen + len(change.messages)
        row = self.connection.execute(
            "SELECT message_count FROM sessions WHERE sandbox = ? AND id = ?",
            (self.sandbox, change.session.id),
        ).fetchone()
        count: int = row[0]
        return count

    async def overdue(self, now: int) -> list[Session]:
        rows = self.connection.execute(
            f"SELECT {SESSION_COLUMNS} FROM sessions WHERE sandbox = ? AND expires IS NOT NULL "
            f"AND expires < ? ORDER BY expires LIMIT {OVERDUE_AT_ONCE}",
            (self.sandbox, now),
        ).fetchall()
        return self._sessions(rows)

    async def next_expiry(self) -> int | None:
        expiry: int | None = self.connection.execute(
            "SELECT min(expires) FROM sessions WHERE sandbox = ? AND expires IS NOT NULL",
            (self.sandbox,),
        ).fetchone()[0]
        return expiry

    async def latest(self) -> int | None:
        row = self.connection.execute(
            "SELECT max(max(last_activity, coalesce(finished, last_activity))) FROM sessions "
            "WHERE sandbox = ?",
            (self.sandbox,),
        ).fetchone()
        latest: int | None = row[0]
        return latest

    def _one(self, where: str, values: Sequence[Any]) -> Session | None:
        row = self.connection.execute(
            f"SELECT {SESSION_COLUMNS} FROM sessions WHERE {where}", values
        ).fetchone()
        if row is None:
            return None
        return session_of(row, self._transcript(row[0]) if row[-1] else ())

    def _sessions(self, rows: Sequence[Sequence[Any]]) -> list[Session]:
        transcripts = self._transcripts([row[0] for row in rows if row[-1]])
        return [session_of(row, transcripts.get(row[0], ())) for row in rows]

    def _transcript(self, session_id: str) -> tuple[Message, ...]:
        rows = self.connection.execute(
            "SELECT role, content, time, tool_calls FROM messages "
            "WHERE sandbox = ? AND session_id = ? ORDER BY position",
            (self.sandbox, session_id),
        )
        return tuple(message_of(*row) for row in rows)

    def _transcripts(self, ids: Sequence[str]) -> dict[str, tuple[Message, ...]]:
        if not ids:
            return {}
        found: dict[str, list[Message]] = {}
        rows = self.connection.execute(
            "SELECT session_id, role, content, time, tool_calls FROM messages WHERE sandbox = ? "
            f"AND session_id IN ({','.join('?' * len(ids))}) ORDER BY session_id, position",
            (self.sandbox, *ids),
        )
        for session_id, *row in rows:
            found.setdefault(session_id, []).append(message_of(*row))
        return {session_id: tuple(messages) for session_id, messages in found.items()}

    def _insert_session(self, session: Session) -> bool:
        values = self.sandbox, next(self.database.activity), *session_row(session)
        # Not RETURNING, for which SQLite makes a table each time: it takes as long as the rest.
        return self.connection.execute(INSERT_SESSION, values).rowcount == 1

    def _add_messages(self, session_id: str, first: int, messages: Sequence[Message]) -> None:
        self.connection.executemany(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(self.sandbox, session_id, *row) for row in message_rows(first, messages)],
        )

    def _remember(self, change: Change, count: int) -> None:
        self.connection.execute(
            "INSERT INTO replies VALUES (?, ?, ?, ?, ?, ?)",
            (self.sandbox, *reply_row(change, count)),
        )
