"""All that a sandbox holds in the shared store, as one."""

from collections.abc import Sequence
from typing import Any

from ...domain.records import Rows
from ..rows import ORDERS, SESSION_IDS, TABLES, told
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
            for table in TABLES:
                await transaction.insert_all(table, rows.get(table, ()))

    async def discard(self, session_ids: Sequence[str]) -> None:
        async with self.tables.transaction() as transaction:
            for table, column in SESSION_IDS.items():
                await transaction.run(
                    f"DELETE FROM adjourn_{table} "
                    f"WHERE sandbox = %(sandbox)s AND {column} = ANY(%(ids)s)",
                    ids=[*session_ids],
                )


async def _rows(transaction: Transaction, table: str) -> list[dict[str, Any]]:
    statement = f"SELECT * FROM adjourn_{table} WHERE sandbox = %(sandbox)s"
    rows = await transaction.rows(f"{statement} ORDER BY {ORDERS[table]}")
    return [told(row) for row in rows]
