"""The shared store: PostgreSQL, for several mocks that behave as one.

What must agree is read by one statement, which sees one snapshot. Who changes a session updates
its row first, so that changes of one session follow one another.
"""

from collections.abc import Sequence
from typing import Any

from ...domain.repository import Change, SessionQuery
from ...domain.session import Message, Session, TurnResult
from ..filters import all_of, session_tests
from ..rows import (
    OVERDUE_AT_ONCE,
    changed_row,
    message_of,
    message_rows,
    reply_row,
    session_of,
    session_row,
)
from .database import Connection
from .outbox import PostgresOutbox
from .schema import INSERT_SESSION, SELECT_SESSION, SESSION_ROW, UPDATE_SESSION, WITH_TRANSCRIPT

__all__ = ["PostgresRepository"]

_ORDER = "ORDER BY last_activity DESC, activity DESC"


class PostgresRepository(PostgresOutbox):
    """One sandbox's view of a database."""

    async def insert(self, session: Session) -> bool:
        async with self.transaction() as connection:
            values = self.sandbox, *session_row(session)
            inserted = await (await connection.execute(INSERT_SESSION, values)).fetchone()
            if inserted:
                await self._add_messages(connection, session.id, 0, session.messages)
        return inserted is not None

    async def active_at(self, channel: str, external_hash: str) -> Session | None:
        rows = await self.rows(
            f"{SELECT_SESSION} AND adjourn_digest(channel) = adjourn_digest(%s) "
            "AND adjourn_digest(external_hash) = adjourn_digest(%s) AND NOT is_final "
            "AND external_hash IS NOT NULL",
            self.sandbox, channel, external_hash,
        )  # fmt: skip
        return _session(rows[0]) if rows else None

    async def get(self, session_id: str) -> Session | None:
        rows = await self.rows(f"{SELECT_SESSION} AND s.id = %s", self.sandbox, session_id)
        return _session(rows[0]) if rows else None

    async def list_sessions(self, query: SessionQuery) -> tuple[list[Session], int]:
        where, values = all_of([*session_tests(self.sandbox, query)], "%s")
        matching = f"FROM adjourn_sessions WHERE {where}"
        rows = await self.rows(
            f"SELECT {SESSION_ROW}, total FROM (SELECT count(*) AS total {matching}) c LEFT JOIN "
            f"(SELECT * {matching} {_ORDER} LIMIT %s OFFSET %s) s ON true {WITH_TRANSCRIPT} "
            f"{_ORDER}",
            *values, *values, query.take, query.skip,
        )  # fmt: skip
        return [_session(row[:-1]) for row in rows if row[0]], rows[0][-1]

    async def replay(self, session_id: str, key: str) -> TurnResult | None:
        rows = await self.rows(
            "SELECT state, role, content, time, tool_calls FROM adjourn_replies r "
            "LEFT JOIN adjourn_messages m ON m.sandbox = r.sandbox "
            "AND m.session_id = r.session_id AND position >= first AND position < last "
            "WHERE r.sandbox = %s AND r.session_id = %s AND key = %s ORDER BY position",
            self.sandbox, session_id, key,
        )  # fmt: skip
        if not rows:
            return None
        return TurnResult(tuple(message_of(*row[1:]) for row in rows if row[1]), rows[0][0])

    async def apply(self, change: Change) -> Session | None:
        session = change.session
        async with self.transaction() as connection:
            cursor = await connection.execute(UPDATE_SESSION, self._update(change))
            row = await cursor.fetchone()
            if row is None:
                return None
            count = row[-1]
            first = count - len(change.messages)
            await self._add_messages(connection, session.id, first, change.messages)
            if change.key is not None:
                await self._remember(connection, change, count)
            stored = await self._stored(connection, session.id)
            if change.complete is not None:
                await self.record(connection, stored, change.complete(stored))
        return stored

    def _update(self, change: Change) -> tuple[Any, ...]:
        session = change.session
        return (
            session.last_activity,
            bool(change.messages),
            *changed_row(self.sandbox, change),
        )

    async def overdue(self, now: int) -> list[Session]:
        rows = await self.rows(
            f"{SELECT_SESSION} AND expires IS NOT NULL AND expires < %s "
            f"ORDER BY expires LIMIT {OVERDUE_AT_ONCE}",
            self.sandbox, now,
        )  # fmt: skip
        return [_session(row) for row in rows]

    async def next_expiry(self) -> int | None:
        statement = (
            "SELECT min(expires) FROM adjourn_sessions WHERE sandbox = %s AND expires IS NOT NULL"
        )
        expiry: int | None = (await self.rows(statement, self.sandbox))[0][0]
        return expiry

    async def latest(self) -> int | None:
        statement = (
            "SELECT max(greatest(last_activity, finished)) FROM adjourn_sessions WHERE sandbox = %s"
        )
        latest: int | None = (await self.rows(statement, self.sandbox))[0][0]
        return latest

    async def _stored(self, connection: Connection, session_id: str) -> Session:
        statement = f"{SELECT_SESSION} AND s.id = %s"
        cursor = await connection.execute(statement, (self.sandbox, session_id))
        return _session((await cursor.fetchall())[0])

    async def _add_messages(
        self, connection: Connection, session_id: str, first: int, messages: Sequence[Message]
    ) -> None:
        if messages:
            await connection.cursor().executemany(
                "INSERT INTO adjourn_messages VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [(self.sandbox, session_id, *row) for row in message_rows(first, messages)],
            )

    async def _remember(self, connection: Connection, change: Change, count: int) -> None:
        await connection.execute(
            "INSERT INTO adjourn_replies VALUES (%s, %s, %s, %s, %s, %s)",
            (self.sandbox, *reply_row(change, count)),
        )


def _session(row: Sequence[Any]) -> Session:
    *facts, roles, contents, times, calls = row
    messages = zip(roles or (), contents or (), times or (), calls or (), strict=True)
    return session_of(facts, tuple(message_of(*message) for message in messages))
