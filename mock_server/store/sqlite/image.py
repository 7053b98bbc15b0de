"""All that a sandbox holds in the embedded store, as one."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from ...domain.records import Rows
from ..rows import ORDERS, TABLES, without_own
from .tables import Tables

# The columns that this store numbers itself.
_NUMBERED = {"sessions": "activity", "call_results": "serial"}
_MANY = 500  # rows; so many are read or written in less time than a request may wait

_T = TypeVar("_T")


class SqliteImage:
    """The state of one sandbox. One is written in a thread, and a large one is read there."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    async def dump(self) -> Rows:
        return await self._done(lambda: {table: self._rows(table) for table in TABLES})

    async def load(self, rows: Rows) -> None:
        await self._done(lambda: self._load(rows), rows)

    async def add(self, rows: Rows, only_if_empty: bool = False) -> bool:
        return await self._done(lambda: self._add(rows, only_if_empty), rows)

    async def touch(self) -> None:
        """Nobody else would ask."""

    async def abandon(self, seconds: float) -> bool:
        await self.load({})
        return True

    async def _done(self, work: Callable[[], _T], rows: Rows | None = None) -> _T:
        """What `work` gives on the state that is there, and on `rows`."""
        await self.tables.free()
        if any((rows or {}).values()) or self.tables.database.is_large or self._is_large():
            return await self.tables.database.lend(work)
        return work()

    def _is_large(self) -> bool:
        another = f"SELECT 1 FROM {{}} WHERE sandbox = :sandbox LIMIT 1 OFFSET {_MANY}"
        return any(self.tables.row(another.format(table)) for table in TABLES)

    def _load(self, rows: Rows) -> None:
        with self.tables.transaction():
            self.tables.empty()
            self._insert(rows)

    def _add(self, rows: Rows, only_if_empty: bool) -> bool:
        statement = "SELECT id FROM sessions WHERE sandbox = :sandbox LIMIT 1"
        try:
            with self.tables.transaction():
                if only_if_empty and self.tables.row(statement):
                    return False
                self._insert(rows)
        except sqlite3.IntegrityError:
            return False
        return True

    def _insert(self, rows: Rows) -> None:
        for table in TABLES:
            self.tables.insert_all(table, self._numbered(table, rows.get(table, ())))

    def _rows(self, table: str) -> list[dict[str, Any]]:
        statement = f"SELECT * FROM {table} WHERE sandbox = :sandbox ORDER BY {ORDERS[table]}"
        return [_portable(without_own(dict(row))) for row in self.tables.each(statement)]

    def _numbered(
        self, table: str, rows: Iterable[Mapping[str, Any]]
    ) -> Iterator[Mapping[str, Any]]:
        if column := _NUMBERED.get(table):
            rows = ({**row, column: next(self.tables.database.activity)} for row in rows)
        return iter(rows)


def _portable(row: dict[str, Any]) -> dict[str, Any]:
    """A row with a truth value where SQLite has a number, for a store that tells them apart."""
    return {**row, "holds": bool(row["holds"])} if "holds" in row else row
