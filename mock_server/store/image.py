"""All that a sandbox holds in a store, as one."""

from typing import Any

from ..domain.records import Rows
from .rows import ORDERS, TABLES, portable
from .tables import Tables, Transaction


class Image:
    """The state of one sandbox; `taken` is how the database refuses a key that there is."""

    def __init__(self, tables: Tables, taken: type[Exception]) -> None:
        self.tables = tables
        self.taken = taken

    async def dump(self) -> Rows:
        """Everything, in the order in which it came."""
        return await self.tables.whole(_dump)

    async def load(self, rows: Rows) -> None:
        """Forget everything and hold these rows instead."""
        await self.tables.whole(lambda statements: self._load(statements, rows), rows)

    async def add(self, rows: Rows, only_if_empty: bool = False) -> bool:
        """Hold these rows too; False, and none of them, if an id or an endpoint is taken.

        With `only_if_empty` neither if there is any session.
        """
        try:
            return await self.tables.whole(
                lambda statements: _add(statements, rows, only_if_empty), rows
            )
        except self.taken:
            return False

    async def touch(self) -> None:
        """Note that the sandbox is in use, where others would ask."""

    async def abandon(self, seconds: float) -> bool:
        """Forget everything if no other mock has used the sandbox for so long; say whether."""
        await self.load({})
        return True

    async def _load(self, statements: Transaction, rows: Rows) -> None:
        await statements.empty()
        await _insert(statements, rows)


async def _add(statements: Transaction, rows: Rows, only_if_empty: bool) -> bool:
    await statements.lock()
    statement = "SELECT id FROM sessions WHERE sandbox = :sandbox LIMIT 1"
    if only_if_empty and await statements.row(statement):
        return False
    await _insert(statements, rows)
    return True


async def _insert(statements: Transaction, rows: Rows) -> None:
    for table in TABLES:
        await statements.insert_all(table, rows.get(table, ()))


async def _dump(statements: Transaction) -> Rows:
    return {table: await _rows(statements, table) for table in TABLES}


async def _rows(statements: Transaction, table: str) -> list[dict[str, Any]]:
    statement = f"SELECT * FROM {table} WHERE sandbox = :sandbox ORDER BY {ORDERS[table]}"
    return [portable(row) async for row in statements.each(statement)]
