"""What finished sessions leave in the shared store, and the state of a sandbox as a whole."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from itertools import groupby
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from ...codec import decode
from ...domain.repository import CallResultQuery, Completion
from ...domain.session import Session
from ..filters import all_of, call_result_tests, memberships
from ..matching import holds
from ..rows import SESSION_IDS, TABLES, Image, dump, result_row, webhook_row
from .database import Connection, PostgresDatabase
from .schema import ORDERS

__all__ = ["PostgresRecords"]

# What is not told of a row: serials of these two are the database's own, and given anew.
_LEFT_OUT = {"audit": {"sandbox", "serial"}, "outbox": {"sandbox", "serial", "claimed"}}


class PostgresRecords:
    """The records of one sandbox."""

    def __init__(self, database: PostgresDatabase, sandbox: str) -> None:
        self.database = database
        self.sandbox = sandbox
        self.calls = 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for one statement, which is a transaction by itself."""
        self.calls += 1
        try:
            async with self.database.connection() as connection:
                yield connection
        finally:
            self.calls -= 1

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection for several statements: all of them or nothing."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What one statement gives."""
        async with self.connection() as connection:
            return await (await connection.execute(statement, values)).fetchall()

    async def search(self, query: CallResultQuery) -> tuple[list[dict[str, Any]], int]:
        where, values = all_of([*call_result_tests(self.sandbox, query)], "%s")
        for column, wanted in memberships(query):
            where += f" AND {column} = ANY(%s)"
            values.append(wanted)
        found = f"FROM adjourn_call_results WHERE {where}"
        order = "ORDER BY completed DESC, serial DESC"
        first, last = query.page * query.size, (query.page + 1) * query.size
        if query.data:
            # A path means what it means in the embedded store: the same function looks.
            wanted_data = dump(query.data)
            rows = await self.rows(f"SELECT document {found} {order}", *values)
            fitting = [document for (document,) in rows if holds(document, wanted_data)]
            return [decode(document) for document in fitting[first:last]], len(fitting)
        rows = await self.rows(
            f"SELECT total, document FROM (SELECT count(*) AS total {found}) t LEFT JOIN "
            f"(SELECT document, completed, serial {found} {order} LIMIT %s OFFSET %s) p ON true "
            f"{order}",
            *values, *values, query.size, first,
        )  # fmt: skip
        return [decode(document) for _, document in rows if document], rows[0][0]

    async def count(self) -> int:
        statement = "SELECT count(*) FROM adjourn_sessions WHERE sandbox = %s"
        return int((await self.rows(statement, self.sandbox))[0][0])

    async def clear(self) -> None:
        async with self.transaction() as connection:
            await self._empty(connection)

    async def discard(self, session_ids: Sequence[str]) -> None:
        async with self.transaction() as connection:
            for table, column in SESSION_IDS.items():
                await connection.execute(
                    f"DELETE FROM adjourn_{table} WHERE sandbox = %s AND {column} = ANY(%s)",
                    (self.sandbox, [*session_ids]),
                )

    async def touch(self) -> None:
        async with self.connection() as connection:
            await connection.execute(
                "INSERT INTO adjourn_sandboxes VALUES (%s, clock_timestamp()) "
                "ON CONFLICT (sandbox) DO UPDATE SET used = clock_timestamp()",
                (self.sandbox,),
            )

    async def abandon(self, seconds: float) -> bool:
        async with self.transaction() as connection:
            cursor = await connection.execute(
                "SELECT used < clock_timestamp() - make_interval(secs => %s) "
                "FROM adjourn_sandboxes WHERE sandbox = %s FOR UPDATE",
                (seconds, self.sandbox),
            )
            row = await cursor.fetchone()
            if row == (True,):
                statement = "DELETE FROM adjourn_sandboxes WHERE sandbox = %s"
                await connection.execute(statement, (self.sandbox,))
                await self._empty(connection)
        return row != (False,)  # without a row, another mock has forgotten it already

    def together(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()  # other mocks wait for nobody's whole batch

    def alone(self) -> AbstractAsyncContextManager[None]:
        return self.database.alone(f"seed of {self.sandbox}")

    async def dump(self) -> Image:
        async with self.transaction() as connection:
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return {table: await self._rows(connection, table) for table in TABLES}

    async def load(self, image: Image) -> None:
        async with self.transaction() as connection:
            await self._empty(connection)
            for table in TABLES:
                # A document's rows may leave members out, which then have their defaults.
                for names, rows in groupby(image.get(table, ()), key=tuple):
                    values = [(self.sandbox, *row.values()) for row in rows]
                    await connection.cursor().executemany(_insert(table, names), values)

    async def record(self, connection: Connection, session: Session, made: Completion) -> None:
        """Write call result, audit entry and webhook, inside the caller's transaction."""
        await connection.execute(
            "INSERT INTO adjourn_call_results (sandbox, call_id, agent_id, status, endpoint, "
            "completed, visible, document) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (self.sandbox, *result_row(session, made)),
        )
        await connection.execute(
            "INSERT INTO adjourn_audit (sandbox, session_id, time, event, note) "
            "VALUES (%s, %s, %s, %s, %s)",
            (self.sandbox, session.id, made.completed, made.event, made.note),
        )
        if (webhook := made.webhook) is not None:
            target = webhook["url"], webhook["headers"]
            row = webhook_row(session.id, *target, webhook["payload"], made.completed)
            await self.put(connection, row)

    async def put(self, connection: Connection, webhook: tuple[Any, ...]) -> int:
        """Write a webhook; its serial."""
        cursor = await connection.execute(
            "INSERT INTO adjourn_outbox (sandbox, session_id, url, headers, payload, due, "
            "attempts, outcome) VALUES (%s, %s, %s, %s, %s, %s, 0, 'pending') RETURNING serial",
            (self.sandbox, *webhook),
        )
        return int((await cursor.fetchall())[0][0])

    async def _empty(self, connection: Connection) -> None:
        # Of two that replace the state at once, the second sees what the first has written.
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"state of {self.sandbox}",)
        )
        for table in TABLES:
            await connection.execute(
                f"DELETE FROM adjourn_{table} WHERE sandbox = %s", (self.sandbox,)
            )

    async def _rows(self, connection: Connection, table: str) -> list[dict[str, Any]]:
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(
            f"SELECT * FROM adjourn_{table} WHERE sandbox = %s ORDER BY {ORDERS[table]}",
            (self.sandbox,),
        )
        left_out = _LEFT_OUT.get(table, {"sandbox"})
        return [
            {name: value for name, value in row.items() if name not in left_out}
            for row in await cursor.fetchall()
        ]


def _insert(table: str, names: Sequence[str]) -> sql.Composed:
    columns = ["sandbox", *names]
    return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(f"adjourn_{table}"),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )
