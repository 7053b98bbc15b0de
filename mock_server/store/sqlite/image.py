"""All that a sandbox holds in the embedded store, as one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...domain.records import Rows
from ..rows import ORDERS, SESSION_IDS, TABLES, dump, told
from .database import Tables

# The columns that this store numbers itself.
_NUMBERED = {"sessions": "activity", "call_results": "serial"}


class SqliteImage:
    """The state of one sandbox."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    async def dump(self) -> Rows:
        return {table: self._rows(table) for table in TABLES}

    async def load(self, rows: Rows) -> None:
        with self.tables.transaction():
            self.tables.empty()
            for table in TABLES:
                self.tables.insert_all(table, self._numbered(table, rows.get(table, ())))

    async def discard(self, session_ids: Sequence[str]) -> None:
        with self.tables.transaction():
            for table, column in SESSION_IDS.items():
                self.tables.run(
                    f"DELETE FROM {table} WHERE sandbox = :sandbox "
                    f"AND {column} IN (SELECT value FROM json_each(:ids))",
                    ids=dump([*session_ids]),
                )

    def _rows(self, table: str) -> list[dict[str, Any]]:
        statement = f"SELECT * FROM {table} WHERE sandbox = :sandbox ORDER BY {ORDERS[table]}"
        return [told(dict(row)) for row in self.tables.rows(statement)]

    def _numbered(
        self, table: str, rows: Iterable[Mapping[str, Any]]
    ) -> Iterator[Mapping[str, Any]]:
        if column := _NUMBERED.get(table):
            rows = ({**row, column: next(self.tables.database.activity)} for row in rows)
        return iter(rows)
