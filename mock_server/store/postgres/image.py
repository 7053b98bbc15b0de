"""All that a sandbox holds in the shared store, as one."""

from typing import Any

from psycopg.errors import UniqueViolation

from ...domain.records import Rows
from ..rows import ORDERS, TABLES, told
from .database import Tables, Transaction


class PostgresImage:
    """The state of one sandbox."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    async def dump(self) -> Rows:
        async with self.tables.transaction() as transaction:
            await transaction.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return {table: await _rows(transaction, table) for table in TABLES}

    async def load(self, rows: Rows) -> None:
        async with self.tables.transaction() as transaction:
            await transaction.empty()
            await _insert(transaction, rows)

    async def add(self, rows: Rows, only_if_empty: bool = False) -> bool:
        statement = "SELECT id FROM adjourn_sessions WHERE sandbox = %(sandbox)s LIMIT 1"
        try:
            async with self.tables.transaction() as transaction:
                await transaction.lock()
                if only_if_empty and await transaction.row(statement):
                    return False
                await _insert(transaction, rows)
        except UniqueViolation:
            return False
        return True


async def _insert(transaction: Transaction, rows: Rows) -> None:
    for table in TABLES:
        await transaction.insert_all(table, rows.get(table, ()))


async def _rows(transaction: Transaction, table: str) -> list[dict[str, Any]]:
    statement = f"SELECT * FROM adjourn_{table} WHERE sandbox = %(sandbox)s"
    rows = await transaction.rows(f"{statement} ORDER BY {ORDERS[table]}")
    return [told(row) for row in rows]
