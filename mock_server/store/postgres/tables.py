"""Statements on the tables of the shared store."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from itertools import groupby, islice
from typing import Any

from psycopg import AsyncCursor

from ..rows import TABLES, insert
from .database import PATIENCE_SECONDS, Connection, PostgresDatabase, Row

_PIECE = 500  # rows; the event loop has others to serve between two pieces


class Transaction:
    """Statements of one sandbox on one connection; `%(sandbox)s` stands for its name."""

    def __init__(self, connection: Connection, sandbox: str) -> None:
        self.connection = connection
        self.sandbox = sandbox

    async def rows(self, statement: str, **values: Any) -> list[Row]:
        """What a statement gives."""
        return await (await self.run(statement, **values)).fetchall()

    async def each(
        self, statement: str, piece_size: int = _PIECE, **values: Any
    ) -> AsyncIterator[Row]:
        """The same row by row, for many, or for large ones in small pieces."""
        cursor = await self.run(statement, **values)
        while piece := await cursor.fetchmany(piece_size):
            for row in piece:
                yield row
            await asyncio.sleep(0)

    async def row(self, statement: str, **values: Any) -> Row | None:
        """The first row that a statement gives."""
        return await (await self.run(statement, **values)).fetchone()

    async def run(self, statement: str, **values: Any) -> AsyncCursor[Row]:
        """Carry out a statement; values by name."""
        values["sandbox"] = self.sandbox
        return await self.connection.execute(statement, values)

    async def insert(self, table: str, row: Mapping[str, Any], ending: str = "") -> Row | None:
        """Insert a row; what the statement gives, if its ending asks for that."""
        statement = insert(f"adjourn_{table}", ("sandbox", *row), "%({})s", ending)
        cursor = await self.run(statement, **row)
        return await cursor.fetchone() if ending else None

    async def insert_all(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert several rows, which may leave members out that then have their defaults."""
        for columns, alike in groupby(rows, key=tuple):
            statement = insert(f"adjourn_{table}", ("sandbox", *columns), "%({})s")
            while piece := [{**row, "sandbox": self.sandbox} for row in islice(alike, _PIECE)]:
                await self.connection.cursor().executemany(statement, piece)
                await asyncio.sleep(0)  # others have their turn, however fast the server is

    async def patient(self, seconds: float) -> None:
        """Let each statement take so long, and wait so long for a lock."""
        for name in ("statement_timeout", "lock_timeout"):
            await self.run(f"SET LOCAL {name} = '{seconds:g}s'")

    async def lock(self) -> None:
        """Replace or fill the sandbox after whoever does so now, and see what that leaves."""
        lock = "SELECT pg_advisory_xact_lock(hashtextextended(%(name)s, 0))"
        await self.run(lock, name=f"state of {self.sandbox}")

    async def empty(self) -> None:
        """Delete every row of the sandbox."""
        await self.lock()
        for table in TABLES:
            await self.run(f"DELETE FROM adjourn_{table} WHERE sandbox = %(sandbox)s")


class Tables:
    """The tables as one sandbox sees them; `calls` counts what waits for the database."""

    def __init__(self, database: PostgresDatabase, sandbox: str) -> None:
        self.database = database
        self.sandbox = sandbox
        self.calls = 0

    @asynccontextmanager
    async def connection(self, seconds: float = PATIENCE_SECONDS) -> AsyncIterator[Transaction]:
        """A connection for one statement, which is a transaction by itself."""
        self.calls += 1
        try:
            async with self.database.connection(seconds) as connection:
                yield Transaction(connection, self.sandbox)
        finally:
            self.calls -= 1

    @asynccontextmanager
    async def transaction(self, seconds: float = PATIENCE_SECONDS) -> AsyncIterator[Transaction]:
        """A connection for several statements: all of them or nothing, within so many seconds."""
        async with self.connection(seconds) as transaction, transaction.connection.transaction():
            if seconds > PATIENCE_SECONDS:
                await transaction.patient(seconds)
            yield transaction

    async def rows(self, statement: str, **values: Any) -> list[Row]:
        """What one statement gives."""
        async with self.connection() as connection:
            return await connection.rows(statement, **values)

    async def row(self, statement: str, **values: Any) -> Row | None:
        """The first row that one statement gives."""
        async with self.connection() as connection:
            return await connection.row(statement, **values)

    async def value(self, statement: str, **values: Any) -> Any:
        """The one value that one statement gives."""
        (row,) = await self.rows(statement, **values)
        (value,) = row.values()
        return value

    async def run(self, statement: str, **values: Any) -> None:
        """Carry out one statement."""
        async with self.connection() as connection:
            await connection.run(statement, **values)
