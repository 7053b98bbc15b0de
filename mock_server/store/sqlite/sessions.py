"""The sessions of the embedded store. It awaits nothing and hops no thread."""

import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from ...domain.records import Change, SessionQuery
from ...domain.session import Message, Session, TurnResult
from ..filters import all_of, session_tests
from ..rows import (
    OVERDUE_AT_ONCE,
    changed_row,
    dump,
    message_of,
    message_rows,
    reply_row,
    session_of,
    session_row,
    stored,
)
from .results import SqliteResults
from .schema import UPDATE_SESSION
from .tables import Tables

# About what characters and messages take until their session is final.
_MESSAGE_SIZE, _MUCH = 200, 200_000
_SELECT = "SELECT * FROM sessions WHERE sandbox = :sandbox"
# Few columns: a row looks for the name of one among all that it has.
_SELECT_MESSAGES = (
    "SELECT session_id, role, content, time, tool_calls FROM messages WHERE sandbox = :sandbox"
)


class SqliteSessions:
    """The sessions of one sandbox; what a finished one leaves goes to `results`."""

    def __init__(self, tables: Tables, results: SqliteResults) -> None:
        self.tables = tables
        self.results = results

    async def insert(self, session: Session) -> bool:
        await self.tables.free()
        if not session.messages:  # one statement is a transaction by itself
            return self._insert(session)
        with self.tables.transaction():
            inserted = self._insert(session)
            if inserted:
                self.add_messages(session.id, 0, session.messages)
        return inserted

    async def active_at(self, channel: str, external_hash: str) -> Session | None:
        await self.tables.free()
        where = "channel = :channel AND external_hash = :external_hash AND holds"
        return self._one(where, channel=channel, external_hash=external_hash)

    async def get(self, session_id: str) -> Session | None:
        await self.tables.free()
        return self._one("id = :id", id=session_id)

    async def page(self, query: SessionQuery) -> tuple[list[Session], int]:
        return await self.tables.read(lambda: self._page(query))

    def _page(self, query: SessionQuery) -> tuple[list[Session], int]:
        where, values = self.filter(query)
        total = self.tables.value(f"SELECT count(*) FROM sessions WHERE {where}", **values)
        rows = self.tables.rows(
            f"SELECT * FROM sessions WHERE {where} ORDER BY {self.order()} "
            "LIMIT :take OFFSET :skip",
            **values, take=query.take, skip=query.skip,
        )  # fmt: skip
        return self._whole(rows), total

    def filter(self, query: SessionQuery) -> tuple[str, dict[str, Any]]:
        """The condition of a listing, with its values."""
        return all_of(session_tests(query, "instr"), ":{}")

    def order(self) -> str:
        """Most recently active first; the serial of the activity breaks ties."""
        return "last_activity DESC, activity DESC"

    async def replay(self, session_id: str, key: str) -> TurnResult | None:
        await self.tables.free()
        row = self.tables.row(
            "SELECT * FROM replies WHERE sandbox = :sandbox AND session_id = :id AND key = :key",
            id=session_id, key=key,
        )  # fmt: skip
        if row is None:
            return None
        return TurnResult(self.transcript(session_id)[row["first"] : row["last"]], row["state"])

    async def apply(self, change: Change) -> Session | None:
        await self.tables.free()
        with self.tables.transaction():
            statement, values = self.conditional_update(change)
            if not self.tables.run(statement, **values).rowcount:
                return None
            count = self._count(change)
            if change.messages:
                first = count - len(change.messages)
                self.add_messages(change.session.id, first, change.messages)
            if change.key is not None:
                self.remember(change, count)
            session = stored(change) or self._reread(change.session)
            if change.complete is not None:
                self.results.record(session, change.complete(session))
        return session

    def conditional_update(self, change: Change) -> tuple[str, dict[str, Any]]:
        """The one statement that decides who finishes a session."""
        activity = next(self.tables.database.activity) if change.messages else None
        return UPDATE_SESSION, {"activity": activity, **changed_row(change)}

    async def overdue(self, now: int) -> Sequence[Session]:
        await self.tables.free()
        rows = self.tables.rows(
            f"{_SELECT} AND expires IS NOT NULL AND expires < :now "
            f"ORDER BY expires LIMIT {OVERDUE_AT_ONCE}",
            now=now,
        )
        return [*self._few(rows)]

    async def next_expiry(self) -> int | None:
        await self.tables.free()
        expiry: int | None = self.tables.value(
            "SELECT min(expires) FROM sessions WHERE sandbox = :sandbox AND expires IS NOT NULL"
        )
        return expiry

    async def latest(self) -> int | None:
        statement = (
            "SELECT max(max(last_activity, coalesce(finished, last_activity))) FROM sessions "
            "WHERE sandbox = :sandbox"
        )
        latest: int | None = await self.tables.database.lend(lambda: self.tables.value(statement))
        return latest  # of all that there are

    async def count(self) -> int:
        await self.tables.free()
        return int(self.tables.value("SELECT count(*) FROM sessions WHERE sandbox = :sandbox"))

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        await self.tables.free()
        with self.tables.transaction():
            yield

    def transcript(self, session_id: str) -> tuple[Message, ...]:
        """The messages of a session."""
        rows = self.tables.rows(
            f"{_SELECT_MESSAGES} AND session_id = :id ORDER BY position", id=session_id
        )
        return tuple(map(message_of, rows))

    def add_messages(self, session_id: str, first: int, messages: Sequence[Message]) -> None:
        """Write messages, inside the caller's transaction."""
        self.tables.insert_all("messages", message_rows(session_id, first, messages))

    def remember(self, change: Change, count: int) -> None:
        """Write the key of a turn, inside the caller's transaction."""
        self.tables.insert("replies", reply_row(change, count))

    def _insert(self, session: Session) -> bool:
        row = {**session_row(session), "activity": next(self.tables.database.activity)}
        # Not RETURNING, for which SQLite makes a table each time: it takes as long as the rest.
        return self.tables.insert("sessions", row, " ON CONFLICT DO NOTHING").rowcount == 1

    def _count(self, change: Change) -> int:
        """How many messages the session holds now that the change is made."""
        if change.seen is not None:
            return change.seen + len(change.messages)
        statement = "SELECT message_count FROM sessions WHERE sandbox = :sandbox AND id = :id"
        return int(self.tables.value(statement, id=change.session.id))

    def _reread(self, session: Session) -> Session:
        """A session that has just been changed, with its transcript as it is stored."""
        transcript = self.transcript(session.id)
        return replace(session, messages=transcript, message_count=len(transcript))

    def _one(self, where: str, **values: Any) -> Session | None:
        row = self.tables.row(f"{_SELECT} AND {where}", **values)
        if row is None:
            return None
        return session_of(row, self.transcript(row["id"]) if row["message_count"] else ())

    def _few(self, rows: Sequence[sqlite3.Row]) -> Iterator[Session]:
        """The first of the sessions, until much was said in them."""
        said = 0
        for row in rows:
            messages = self.transcript(row["id"]) if row["message_count"] else ()
            yield session_of(row, messages)
            said += sum(_MESSAGE_SIZE + len(message.content or "") for message in messages)
            if said > _MUCH:
                return

    def _whole(self, rows: Sequence[sqlite3.Row]) -> list[Session]:
        transcripts = self._transcripts([row["id"] for row in rows if row["message_count"]])
        return [session_of(row, transcripts.get(row["id"], ())) for row in rows]

    def _transcripts(self, ids: Sequence[str]) -> dict[str, tuple[Message, ...]]:
        if not ids:
            return {}
        found: dict[str, list[Message]] = {}
        rows = self.tables.rows(
            f"{_SELECT_MESSAGES} AND session_id IN (SELECT value FROM json_each(:ids)) "
            "ORDER BY session_id, position",
            ids=dump(ids),
        )
        for row in rows:
            found.setdefault(row["session_id"], []).append(message_of(row))
        return {session_id: tuple(messages) for session_id, messages in found.items()}
