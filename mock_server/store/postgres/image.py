"""All that a sandbox holds in the shared store, as one."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from psycopg.errors import UniqueViolation

from ...domain.records import Rows
from ..rows import ORDERS, TABLES, without_own
from .tables import Tables, Transaction

_PATIENCE_SECONDS = 60.0  # for a state may be large


class PostgresImage:
    """The state of one sandbox."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    async def dump(self) -> Rows:
        async with self._transaction() as transaction:
            await transaction.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return {table: await _rows(transaction, table) for table in TABLES}

    async def load(self, rows: Rows) -> None:
        async with self._transaction() as transaction:
            await transaction.empty()
            await _insert(transaction, rows)

    async def add(self, rows: Rows, only_if_empty: bool = False) -> bool:
        statement = "SELECT id FROM adjourn_sessions WHERE sandbox = %(sandbox)s LIMIT 1"
        try:
            async with self._transaction() as transaction:
                await transaction.lock()
                if only_if_empty and await transaction.row(statement):
                    return False
                await _insert(transaction, rows)
        except UniqueViolation:
            return False
        return True

    async def touch(self) -> None:
        await self.tables.run(
            "INSERT INTO adjourn_sandboxes VALUES (%(sandbox)s, clock_timestamp()) "
            "ON CONFLICT (sandbox) DO UPDATE SET used = clock_timestamp()"
        )

    async def abandon(self, seconds: float) -> bool:
        async with self._transaction() as transaction:
            row = await transaction.row(
                "SELECT used < clock_timestamp() - make_interval(secs => %(seconds)s) AS idle "
                "FROM adjourn_sandboxes WHERE sandbox = %(sandbox)s FOR UPDATE",
                seconds=seconds,
            )
            if row is None:  # another mock has forgotten it already
                return True
            if row["idle"]:
                await transaction.run("DELETE FROM adjourn_sandboxes WHERE sandbox = %(sandbox)s")
                await transaction.empty()
        return bool(row["idle"])

    def _transaction(self) -> AbstractAsyncContextManager[Transaction]:
        return self.tables.transaction(_PATIENCE_SECONDS)


async def _insert(transaction: Transaction, rows: Rows) -> None:
    for table in TABLES:
        await transaction.insert_all(table, rows.get(table, ()))


async def _rows(transaction: Transaction, table: str) -> list[dict[str, Any]]:
    statement = f"SELECT * FROM adjourn_{table} WHERE sandbox = %(sandbox)s"
    rows = transaction.each(f"{statement} ORDER BY {ORDERS[table]}")
    return [without_own(row) async for row in rows]
