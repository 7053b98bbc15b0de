"""The sessions of a sandbox, as every store keeps them.

What must agree is read as of one instant. Who changes a session updates its row first, so that
changes of one session follow one another.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, ClassVar

from ..domain.records import Change, SessionQuery
from ..domain.session import Message, Session, TurnResult
from .filters import all_of, session_tests
from .results import StoredResults
from .rows import (
    Row,
    changed_row,
    message_of,
    message_rows,
    reply_row,
    session_of,
    session_row,
    stored,
)
from .tables import Statements, Tables, Transaction

_OVERDUE_AT_ONCE = 100
AT_ONCE = 5  # sessions with their transcripts
# About what characters and messages take until their session is final.
_MESSAGE_SIZE, _MUCH = 200, 200_000
_UPDATE = (
    "UPDATE sessions SET last_activity = :last_activity, "
    "activity = CASE WHEN :added > 0 THEN {activity} ELSE activity END, "
    "expires = :expires, cursor = :cursor, message_count = message_count + :added, "
    "state = :state, holds = :holds, final_reason = :final_reason, finished = :finished "
    "WHERE sandbox = :sandbox AND id = :id AND state = :was AND message_count = :seen "
    "AND (CAST(:overdue_at AS BIGINT) IS NULL OR expires < CAST(:overdue_at AS BIGINT))"
)
_REPLAY = (
    "SELECT r.state, role, content, time, tool_calls FROM replies r "
    "LEFT JOIN messages m ON m.sandbox = r.sandbox "
    "AND m.session_id = r.session_id AND position >= first AND position < last "
    "WHERE r.sandbox = :sandbox AND r.session_id = :id AND key = :key ORDER BY position"
)


class StoredSessions:
    """The sessions of one sandbox; what a finished one leaves goes to `results`."""

    # In words of the database: the function that finds a text in another, what numbers an
    # activity, the sessions of an endpoint, and what joins a session `s` with its transcript.
    position: ClassVar[str]
    activity: ClassVar[str]
    endpoint: ClassVar[str]
    joined: ClassVar[str] = ""

    def __init__(self, tables: Tables, results: StoredResults) -> None:
        self.tables = tables
        self.results = results
        self.update = _UPDATE.format(activity=self.activity)

    @abstractmethod
    async def transcript(self, statements: Statements, row: Row) -> tuple[Message, ...]:
        """The messages of a session's row."""

    @abstractmethod
    async def found(
        self, statements: Transaction, query: SessionQuery
    ) -> tuple[list[Session], int]:
        """The sessions of a page, and how many match in all."""

    async def insert(self, session: Session) -> bool:
        made = "sessions", session_row(session), " ON CONFLICT DO NOTHING"
        if not session.messages:  # one statement is a transaction by itself
            return await self.tables.insert(*made)
        async with self.tables.transaction() as statements:
            inserted = await statements.insert(*made)
            if inserted:
                messages = message_rows(session.id, 0, session.messages)
                await statements.insert_all("messages", messages)
        return inserted

    async def active_at(self, channel: str, external_hash: str) -> Session | None:
        where = f"{self.endpoint} AND holds AND external_hash IS NOT NULL"
        return await self._one(where, channel=channel, external_hash=external_hash)

    async def get(self, session_id: str) -> Session | None:
        return await self._one("s.id = :id", id=session_id)

    async def page(self, query: SessionQuery) -> tuple[list[Session], int]:
        return await self.tables.read(lambda statements: self.found(statements, query))

    def filter(self, query: SessionQuery) -> tuple[str, dict[str, Any]]:
        """The condition of a listing, with its values."""
        return all_of(session_tests(query, self.position))

    def order(self) -> str:
        """Most recently active first; the serial of the activity breaks ties."""
        return "last_activity DESC, activity DESC"

    async def replay(self, session_id: str, key: str) -> TurnResult | None:
        rows = await self.tables.rows(_REPLAY, id=session_id, key=key)
        if not rows:
            return None
        return TurnResult(tuple(message_of(row) for row in rows if row["role"]), rows[0]["state"])

    async def apply(self, change: Change) -> Session | None:
        async with self.tables.transaction() as statements:
            statement, values = self.conditional_update(change)
            if not await statements.run(statement, **values):
                return None
            if change.messages:
                messages = message_rows(change.session.id, change.seen, change.messages)
                await statements.insert_all("messages", messages)
            if change.key is not None:
                await self.remember(statements, change)
            session = stored(change)
            if change.complete is not None:
                await self.results.record(statements, session, change.complete(session))
        return session

    def conditional_update(self, change: Change) -> tuple[str, Mapping[str, Any]]:
        """The one statement that decides who finishes a session."""
        return self.update, changed_row(change)

    async def remember(self, statements: Transaction, change: Change) -> None:
        await statements.insert("replies", reply_row(change))

    async def overdue(self, now: int) -> Sequence[Session]:
        return await self.tables.read(lambda statements: self._overdue(statements, now))

    async def _overdue(self, statements: Transaction, now: int) -> list[Session]:
        """The first of them, until much was said in them."""
        where = "expires IS NOT NULL AND expires < :now ORDER BY expires"
        statement = f"{self._select(where)} LIMIT {_OVERDUE_AT_ONCE}"
        sessions, said = [], 0
        async with aclosing(statements.each(statement, AT_ONCE, now=now)) as rows:
            async for row in rows:
                messages = await self.transcript(statements, row)
                sessions.append(session_of(row, messages))
                said += sum(_MESSAGE_SIZE + len(message.content or "") for message in messages)
                if said > _MUCH:
                    break
        return sessions

    async def next_expiry(self) -> int | None:
        expiry: int | None = await self.tables.value(
            "SELECT min(expires) AS value FROM sessions "
            "WHERE sandbox = :sandbox AND expires IS NOT NULL"
        )
        return expiry

    async def latest(self) -> int | None:
        statement = (
            "SELECT max(CASE WHEN finished > last_activity THEN finished ELSE last_activity END) "
            "AS value FROM sessions WHERE sandbox = :sandbox"
        )
        latest: int | None = await self.tables.read(
            lambda statements: statements.value(statement), slow=True
        )
        return latest  # of all that there are

    async def count(self) -> int:
        statement = "SELECT count(*) AS value FROM sessions WHERE sandbox = :sandbox"
        return int(await self.tables.value(statement))

    def together(self) -> AbstractAsyncContextManager[Any]:
        return self.tables.together()

    def _select(self, where: str) -> str:
        return f"SELECT * FROM sessions s {self.joined} WHERE s.sandbox = :sandbox AND {where}"

    async def _one(self, where: str, **values: Any) -> Session | None:
        row = await self.tables.row(self._select(where), **values)
        if row is None:
            return None
        return session_of(row, await self.transcript(self.tables, row))
