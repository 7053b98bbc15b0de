"""The sessions of the shared store: PostgreSQL, for several mocks that behave as one.

What must agree is read by one statement, which sees one snapshot. Who changes a session updates
its row first, so that changes of one session follow one another.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ...domain.records import Change, SessionQuery
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
    stored,
)
from .results import PostgresResults
from .schema import SELECT_SESSION, UPDATE_SESSION, WITH_TRANSCRIPT
from .tables import Tables, Transaction

_ORDER = "ORDER BY last_activity DESC, activity DESC"
_AT_ONCE = 5  # sessions with their transcripts
_MESSAGE = ("role", "content", "time", "tool_calls")


class PostgresSessions:
    """The sessions of one sandbox; what a finished one leaves goes to `results`."""

    def __init__(self, tables: Tables, results: PostgresResults) -> None:
        self.tables = tables
        self.results = results

    async def insert(self, session: Session) -> bool:
        async with self.tables.transaction() as transaction:
            ending = " ON CONFLICT DO NOTHING RETURNING id"
            inserted = await transaction.insert("sessions", session_row(session), ending)
            if inserted:
                messages = message_rows(session.id, 0, session.messages)
                await transaction.insert_all("messages", messages)
        return inserted is not None

    async def active_at(self, channel: str, external_hash: str) -> Session | None:
        row = await self.tables.row(
            f"{SELECT_SESSION} AND adjourn_digest(channel) = adjourn_digest(%(channel)s) "
            "AND adjourn_digest(external_hash) = adjourn_digest(%(external_hash)s) "
            "AND holds AND external_hash IS NOT NULL",
            channel=channel, external_hash=external_hash,
        )  # fmt: skip
        return _session(row) if row else None

    async def get(self, session_id: str) -> Session | None:
        row = await self.tables.row(f"{SELECT_SESSION} AND s.id = %(id)s", id=session_id)
        return _session(row) if row else None

    async def page(self, query: SessionQuery) -> tuple[list[Session], int]:
        where, values = all_of(session_tests(query, "strpos"), "%({})s")
        matching = f"FROM adjourn_sessions WHERE {where}"
        statement = (
            f"SELECT s.*, t.*, total FROM (SELECT count(*) AS total {matching}) c LEFT JOIN "
            f"(SELECT * {matching} {_ORDER} LIMIT %(take)s OFFSET %(skip)s) s ON true "
            f"{WITH_TRANSCRIPT} {_ORDER}"
        )
        sessions, total = [], 0
        async with self.tables.connection() as connection:
            values |= {"take": query.take, "skip": query.skip}
            async for row in connection.each(statement, _AT_ONCE, **values):
                total = row["total"]
                sessions += [_session(row)] if row["id"] else []
        return sessions, total

    async def replay(self, session_id: str, key: str) -> TurnResult | None:
        rows = await self.tables.rows(
            "SELECT state, role, content, time, tool_calls FROM adjourn_replies r "
            "LEFT JOIN adjourn_messages m ON m.sandbox = r.sandbox "
            "AND m.session_id = r.session_id AND position >= first AND position < last "
            "WHERE r.sandbox = %(sandbox)s AND r.session_id = %(id)s AND key = %(key)s "
            "ORDER BY position",
            id=session_id, key=key,
        )  # fmt: skip
        if not rows:
            return None
        return TurnResult(tuple(message_of(row) for row in rows if row["role"]), rows[0]["state"])

    async def apply(self, change: Change) -> Session | None:
        async with self.tables.transaction() as transaction:
            row = await transaction.row(UPDATE_SESSION, **changed_row(change))
            if row is None:
                return None
            count = row["message_count"]
            first = count - len(change.messages)
            messages = message_rows(change.session.id, first, change.messages)
            await transaction.insert_all("messages", messages)
            if change.key is not None:
                await transaction.insert("replies", reply_row(change, count))
            session = stored(change) or await self._reread(transaction, change.session.id)
            if change.complete is not None:
                await self.results.record(transaction, session, change.complete(session))
        return session

    async def overdue(self, now: int) -> Sequence[Session]:
        statement = (
            f"{SELECT_SESSION} AND expires IS NOT NULL AND expires < %(now)s "
            f"ORDER BY expires LIMIT {OVERDUE_AT_ONCE}"
        )
        async with self.tables.connection() as connection:
            rows = connection.each(statement, _AT_ONCE, now=now)
            return [_session(row) async for row in rows]

    async def next_expiry(self) -> int | None:
        expiry: int | None = await self.tables.value(
            "SELECT min(expires) FROM adjourn_sessions "
            "WHERE sandbox = %(sandbox)s AND expires IS NOT NULL"
        )
        return expiry

    async def latest(self) -> int | None:
        latest: int | None = await self.tables.value(
            "SELECT max(greatest(last_activity, finished)) FROM adjourn_sessions "
            "WHERE sandbox = %(sandbox)s"
        )
        return latest

    async def count(self) -> int:
        statement = "SELECT count(*) FROM adjourn_sessions WHERE sandbox = %(sandbox)s"
        return int(await self.tables.value(statement))

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        yield  # other mocks wait for nobody's whole batch

    async def _reread(self, transaction: Transaction, session_id: str) -> Session:
        (row,) = await transaction.rows(f"{SELECT_SESSION} AND s.id = %(id)s", id=session_id)
        return _session(row)


def _session(row: Mapping[str, Any]) -> Session:
    return session_of(row, tuple(_messages(row)))


def _messages(row: Mapping[str, Any]) -> Iterator[Message]:
    for values in zip(*(row[column] or () for column in _MESSAGE), strict=True):
        yield message_of(dict(zip(_MESSAGE, values, strict=True)))
