"""Statements on the tables of the embedded store."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import groupby
from typing import Any, TypeVar

from ..rows import TABLES, insert
from .database import SqliteDatabase

_T = TypeVar("_T")


class Tables:
    """The tables as one sandbox sees them: `:sandbox` in a statement stands for its name."""

    def __init__(self, database: SqliteDatabase, sandbox: str) -> None:
        self.database = database
        self.sandbox = sandbox

    async def free(self) -> None:
        """Wait while a thread has the connection."""
        await self.database.free()

    async def read(self, work: Callable[[], _T], slow: bool = False) -> _T:
        """What `work` reads, in a thread where that is slow, or may be much."""
        await self.free()
        return await self.database.lend(work) if slow or self.database.is_large else work()

    def transaction(self) -> AbstractContextManager[None]:
        """Several statements: all of them or nothing."""
        return self.database.transaction()

    def rows(self, statement: str, **values: Any) -> list[sqlite3.Row]:
        """What a statement gives."""
        values["sandbox"] = self.sandbox
        with self.database.outage:
            return self.database.connection.execute(statement, values).fetchall()

    def each(self, statement: str) -> Iterator[sqlite3.Row]:
        """The same row by row, for many."""
        with self.database.outage:
            yield from self.database.connection.execute(statement, {"sandbox": self.sandbox})

    def row(self, statement: str, **values: Any) -> sqlite3.Row | None:
        """The first row that a statement gives."""
        values["sandbox"] = self.sandbox
        with self.database.outage:
            row: sqlite3.Row | None = self.database.connection.execute(statement, values).fetchone()
            return row

    def value(self, statement: str, **values: Any) -> Any:
        """The one value that a statement gives."""
        row = self.row(statement, **values)
        return None if row is None else row[0]

    def run(self, statement: str, **values: Any) -> sqlite3.Cursor:
        """Carry out a statement; values by name."""
        return self._run(statement, {**values, "sandbox": self.sandbox})

    def insert(self, table: str, row: Mapping[str, Any], ending: str = "") -> sqlite3.Cursor:
        """Insert a row."""
        statement = insert(table, ("sandbox", *row), "?", ending)
        return self._run(statement, (self.sandbox, *row.values()))

    def insert_all(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert several rows, which may leave members out that then have their defaults."""
        for columns, alike in groupby(rows, key=tuple):
            values = [(self.sandbox, *row.values()) for row in alike]
            statement = insert(table, ("sandbox", *columns), "?")
            with self.database.outage:
                self.database.connection.executemany(statement, values)

    def empty(self) -> None:
        """Delete every row of the sandbox, inside the caller's transaction."""
        for table in TABLES:
            first = self.value(f"SELECT min(sandbox) FROM {table}")
            # Without a condition SQLite drops whole pages, ten times faster than row by row.
            if first == self.sandbox == self.value(f"SELECT max(sandbox) FROM {table}"):
                self.run(f"DELETE FROM {table}")
            elif first is not None:
                self.run(f"DELETE FROM {table} WHERE sandbox = :sandbox")

    def _run(self, statement: str, values: Mapping[str, Any] | tuple[Any, ...]) -> sqlite3.Cursor:
        with self.database.outage:
            return self.database.connection.execute(statement, values)
