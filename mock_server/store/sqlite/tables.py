"""Statements on the tables of the embedded store. They wait for a thread, and for nothing else."""

from collections.abc import (
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Mapping,
)
from contextlib import AbstractAsyncContextManager
from itertools import groupby
from typing import Any, TypeVar

from ...domain.records import Rows
from .. import tables
from ..rows import TABLES, Row, insert
from .database import SqliteDatabase

# The columns that this store numbers itself.
_NUMBERED = {"sessions": "activity", "call_results": "serial"}
_MANY = 500  # rows; so many are read or written in less time than a request may wait

_T = TypeVar("_T")


class Transaction(tables.Transaction):
    """Statements of whoever has the connection."""

    def __init__(self, database: SqliteDatabase, sandbox: str) -> None:
        self.database = database
        self.sandbox = sandbox

    async def free(self) -> None:
        """It has it already."""

    async def rows(self, statement: str, **values: Any) -> list[Row]:
        await self.free()
        values["sandbox"] = self.sandbox
        with self.database.outage:
            return self.database.connection.execute(statement, values).fetchall()

    async def each(self, statement: str, piece_size: int = 0, **values: Any) -> tables.RowStream:
        await self.free()
        values["sandbox"] = self.sandbox
        with self.database.outage:
            for row in self.database.connection.execute(statement, values):
                yield row

    async def run(self, statement: str, **values: Any) -> int:
        await self.free()
        values["sandbox"] = self.sandbox
        with self.database.outage:
            return self.database.connection.execute(statement, values).rowcount

    async def insert(self, table: str, row: Mapping[str, Any], ending: str = "") -> bool:
        await self.free()
        columns, values = self._numbered(table, row)
        with self.database.outage:
            # Not RETURNING, for which SQLite makes a table each time: it takes as long as the rest.
            statement = insert(table, columns, "?", ending)
            return self.database.connection.execute(statement, values).rowcount == 1

    async def insert_numbered(self, table: str, row: Mapping[str, Any]) -> int:
        await self.insert(table, row)
        return int(await self.value("SELECT last_insert_rowid() AS value"))

    async def insert_all(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        await self.free()
        for _, alike in groupby(rows, key=tuple):
            made = [self._numbered(table, row) for row in alike]
            statement = insert(table, made[0][0], "?")
            with self.database.outage:
                self.database.connection.executemany(statement, [values for _, values in made])

    async def empty(self) -> None:
        for table in TABLES:
            alone = (  # apart, as SQLite looks through all rows for both at once
                f"SELECT (SELECT min(sandbox) FROM {table}) = :sandbox "
                f"AND (SELECT max(sandbox) FROM {table}) = :sandbox AS value"
            )
            # Without a condition SQLite drops whole pages, ten times faster than row by row.
            if await self.value(alone):
                await self.run(f"DELETE FROM {table}")
            else:
                await self.run(f"DELETE FROM {table} WHERE sandbox = :sandbox")

    def _numbered(
        self, table: str, row: Mapping[str, Any]
    ) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """The columns of a row and their values, with those that this store adds."""
        columns, values = ("sandbox", *row), (self.sandbox, *row.values())
        if column := _NUMBERED.get(table):
            return (*columns, column), (*values, next(self.database.activity))
        return columns, values


class Tables(Transaction, tables.Tables):
    """Statements that wait while a thread has the connection."""

    def __init__(self, database: SqliteDatabase, sandbox: str) -> None:
        super().__init__(database, sandbox)
        self.own = Transaction(database, sandbox)

    @property
    def calls(self) -> int:
        return int(self.database.is_lent)

    async def free(self) -> None:
        if self.database.is_lent:
            await self.database.free()

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        return _Change(self)

    def together(self) -> AbstractAsyncContextManager[Transaction]:
        return self.transaction()

    async def read(
        self, work: Callable[[tables.Transaction], Awaitable[_T]], slow: bool = False
    ) -> _T:
        await self.free()
        return await self._done(lambda: work(self.own), slow or self.database.is_large)

    async def whole(
        self, work: Callable[[tables.Transaction], Awaitable[_T]], rows: Rows | None = None
    ) -> _T:
        async def within() -> _T:
            with self.database.transaction():
                return await work(self.own)

        await self.free()
        writes = any((rows or {}).values())
        return await self._done(within, writes or self.database.is_large or await self._has_many())

    async def _done(self, work: Callable[[], Awaitable[_T]], in_thread: bool) -> _T:
        return await (self.database.lend(lambda: _given(work())) if in_thread else work())

    async def _has_many(self) -> bool:
        another = f"SELECT 1 FROM {{}} WHERE sandbox = :sandbox LIMIT 1 OFFSET {_MANY}"
        for table in TABLES:
            if await self.own.row(another.format(table)):
                return True
        return False


class _Change(AbstractAsyncContextManager[Transaction]):
    """A transaction; as a generator it would take as long as a statement."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.change = tables.database.transaction()

    async def __aenter__(self) -> Transaction:
        await self.tables.free()
        self.change.__enter__()
        return self.tables.own

    async def __aexit__(self, *error: Any) -> bool | None:
        return self.change.__exit__(*error)


def _given(work: Awaitable[_T]) -> _T:
    """What is given by work that waits for nothing, without an event loop."""
    assert isinstance(work, Coroutine)
    try:
        work.send(None)
    except StopIteration as end:
        given: _T = end.value
        return given
    raise RuntimeError("it waits for something")
