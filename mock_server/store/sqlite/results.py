"""What finished sessions leave in the embedded store: call results, audit entries, webhooks."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ...codec import decode
from ...domain.repository import CallResultQuery, Completion
from ...domain.session import Session
from ..filters import all_of, call_result_tests, memberships
from ..rows import SESSION_IDS, TABLES, Image, dump, result_row, webhook_row
from .database import Database

__all__ = ["SqliteRecords"]


class SqliteRecords:
    """The records of one sandbox."""

    calls = 0

    def __init__(self, database: Database, sandbox: str) -> None:
        self.database = database
        self.connection = database.connection
        self.sandbox = sandbox

    async def search(self, query: CallResultQuery) -> tuple[list[dict[str, Any]], int]:
        where, values = self.call_result_filter(query)
        total = self.connection.execute(
            f"SELECT count(*) FROM call_results WHERE {where}", values
        ).fetchone()[0]
        rows = self.connection.execute(
            f"SELECT document FROM call_results WHERE {where} "
            "ORDER BY completed DESC, serial DESC LIMIT ? OFFSET ?",
            (*values, query.size, query.page * query.size),
        )
        return [decode(row[0]) for row in rows], total

    def call_result_filter(self, query: CallResultQuery) -> tuple[str, list[Any]]:
        """The condition of a search, with its values."""
        where, values = all_of([*call_result_tests(self.sandbox, query)], "?")
        for column, wanted in memberships(query):
            values.append(dump(wanted))
            # SQLite's own function cuts a text at U+0000; the other one uses no index.
            cut = "\\u0000" in values[-1]
            test = "is_among({}, ?)" if cut else "{} IN (SELECT value FROM json_each(?))"
            where += f" AND {test.format(column)}"
        if query.data:
            where += " AND holds(document, ?)"
            values.append(dump(query.data))
        return where, values

    async def count(self) -> int:
        row = self.connection.execute(
            "SELECT count(*) FROM sessions WHERE sandbox = ?", (self.sandbox,)
        ).fetchone()
        return int(row[0])

    async def clear(self) -> None:
        with self.database.transaction():
            self._empty()

    async def discard(self, session_ids: Sequence[str]) -> None:
        values = [(self.sandbox, session_id) for session_id in session_ids]
        with self.database.transaction() as connection:
            for table, column in SESSION_IDS.items():
                statement = f"DELETE FROM {table} WHERE sandbox = ? AND {column} = ?"
                connection.executemany(statement, values)

    async def touch(self) -> None:
        """Nobody else would ask."""

    async def abandon(self, seconds: float) -> bool:
        await self.clear()
        return True

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        with self.database.transaction():
            yield

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        yield

    async def dump(self) -> Image:
        return {table: self._rows(table) for table in TABLES}

    async def load(self, image: Image) -> None:
        with self.database.transaction() as connection:
            self._empty()
            for table in TABLES:
                for row in image.get(table, ()):
                    marks = ", ".join("?" * (len(row) + 1))
                    connection.execute(
                        f"INSERT INTO {table} (sandbox, {', '.join(row)}) VALUES ({marks})",
                        (self.sandbox, *row.values()),
                    )

    def _empty(self) -> None:
        for table in TABLES:
            ends = self.connection.execute(
                f"SELECT (SELECT min(sandbox) FROM {table}), (SELECT max(sandbox) FROM {table})"
            ).fetchone()
            # Without a condition SQLite drops whole pages, ten times faster than row by row.
            if ends == (self.sandbox, self.sandbox):
                self.connection.execute(f"DELETE FROM {table}")
            elif ends != (None, None):
                self.connection.execute(f"DELETE FROM {table} WHERE sandbox = ?", (self.sandbox,))

    def _rows(self, table: str) -> list[dict[str, Any]]:
        cursor = self.connection.execute(
            f"SELECT * FROM {table} WHERE sandbox = ?", (self.sandbox,)
        )
        names = [column[0] for column in cursor.description]
        # The serials of these two are the database's own, and given anew.
        left_out = {"sandbox", "serial"} if table in ("audit", "outbox") else {"sandbox"}
        kept = [index for index, name in enumerate(names) if name not in left_out]
        return [{names[index]: row[index] for index in kept} for row in cursor]

    def record(self, session: Session, completion: Completion) -> None:
        """Write call result, audit entry and webhook, inside the caller's transaction."""
        *result, document = result_row(session, completion)
        self.connection.execute(
            "INSERT INTO call_results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self.sandbox, *result, next(self.database.activity), document),
        )
        self.connection.execute(
            "INSERT INTO audit (sandbox, session_id, time, event, note) VALUES (?, ?, ?, ?, ?)",
            (self.sandbox, session.id, completion.completed, completion.event, completion.note),
        )
        if (webhook := completion.webhook) is not None:
            row = webhook_row(
                session.id, webhook["url"], webhook["headers"], webhook["payload"],
                completion.completed,
            )  # fmt: skip
            self.put(row)

    def put(self, webhook: tuple[Any, ...]) -> int:
        """Write a webhook; its serial."""
        row = self.connection.execute(
            "INSERT INTO outbox (sandbox, session_id, url, headers, payload, due, attempts, "
            "outcome) VALUES (?, ?, ?, ?, ?, ?, 0, 'pending') RETURNING serial",
            (self.sandbox, *webhook),
        ).fetchone()
        serial: int = row[0]
        return serial
