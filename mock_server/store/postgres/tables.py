"""Statements on the tables of the shared store."""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from itertools import groupby, islice
from typing import Any, TypeVar

from psycopg import AsyncCursor

from ...domain.records import Rows
from .. import tables
from ..rows import TABLES, insert
from .database import PATIENCE_SECONDS, Connection, PostgresDatabase, Row
from .schema import told

_PIECE = 500  # rows; the event loop has others to serve between two pieces
_LONG_SECONDS = 60.0  # for a state may be large

_T = TypeVar("_T")


class Transaction(tables.Transaction):
    """Statements on one connection."""

    def __init__(self, connection: Connection, sandbox: str) -> None:
        self.connection = connection
        self.sandbox = sandbox

    async def rows(self, statement: str, **values: Any) -> list[Row]:
        return await (await self._cursor(statement, values)).fetchall()

    async def each(
        self, statement: str, piece_size: int = _PIECE, **values: Any
    ) -> tables.RowStream:
        cursor = await self._cursor(statement, values)
        while piece := await cursor.fetchmany(piece_size):
            for row in piece:
                yield row
            await asyncio.sleep(0)

    async def run(self, statement: str, **values: Any) -> int:
        return (await self._cursor(statement, values)).rowcount

    async def insert_numbered(self, table: str, row: Mapping[str, Any]) -> int:
        statement = insert(table, ("sandbox", *row), ":{}", " RETURNING serial AS value")
        return int(await self.value(statement, **row))

    async def insert_all(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        for columns, alike in groupby(rows, key=tuple):
            statement = told(insert(table, ("sandbox", *columns), ":{}"))
            while piece := [{**row, "sandbox": self.sandbox} for row in islice(alike, _PIECE)]:
                await self.connection.cursor().executemany(statement, piece)
                await asyncio.sleep(0)  # others have their turn, however fast the server is

    async def patient(self, seconds: float) -> None:
        """Let each statement take so long, and wait so long for a lock."""
        for name in ("statement_timeout", "lock_timeout"):
            await self.run(f"SET LOCAL {name} = '{seconds:g}s'")

    async def lock(self) -> None:
        lock = "SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"
        await self.run(lock, name=f"state of {self.sandbox}")

    async def empty(self) -> None:
        await self.lock()
        for table in TABLES:
            await self.run(f"DELETE FROM {table} WHERE sandbox = :sandbox")

    async def _cursor(self, statement: str, values: dict[str, Any]) -> AsyncCursor[Row]:
        values["sandbox"] = self.sandbox
        return await self.connection.execute(told(statement), values)


class Tables(tables.Tables):
    """Statements that each take a connection; `calls` counts what waits for the database."""

    def __init__(self, database: PostgresDatabase, sandbox: str) -> None:
        self.database = database
        self.sandbox = sandbox
        self._calls = 0

    @property
    def calls(self) -> int:
        return self._calls

    @asynccontextmanager
    async def connection(self, seconds: float = PATIENCE_SECONDS) -> AsyncIterator[Transaction]:
        """A connection for one statement, which is a transaction by itself."""
        self._calls += 1
        try:
            async with self.database.connection(seconds) as connection:
                yield Transaction(connection, self.sandbox)
        finally:
            self._calls -= 1

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        async with self.connection() as transaction, transaction.connection.transaction():
            yield transaction

    def together(self) -> AbstractAsyncContextManager[Any]:
        return nullcontext()  # other mocks wait for nobody's whole batch

    async def read(
        self, work: Callable[[tables.Transaction], Awaitable[_T]], slow: bool = False
    ) -> _T:
        async with self.connection() as connection:
            return await work(connection)

    async def whole(
        self, work: Callable[[tables.Transaction], Awaitable[_T]], rows: Rows | None = None
    ) -> _T:
        async with (
            self.connection(_LONG_SECONDS) as transaction,
            transaction.connection.transaction(),
        ):
            await transaction.patient(_LONG_SECONDS)
            if rows is None:
                await transaction.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return await work(transaction)

    async def rows(self, statement: str, **values: Any) -> Sequence[Row]:
        async with self.connection() as connection:
            return await connection.rows(statement, **values)

    async def run(self, statement: str, **values: Any) -> int:
        async with self.connection() as connection:
            return await connection.run(statement, **values)

    async def insert_numbered(self, table: str, row: Mapping[str, Any]) -> int:
        async with self.connection() as connection:
            return await connection.insert_numbered(table, row)
