"""The shared database: PostgreSQL, which several mocks may work on at once."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from itertools import groupby
from typing import Any

import psycopg
from psycopg import AsyncConnection, AsyncCursor, InterfaceError, OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from ...domain.store import StoreError, StoreUnavailable
from ..rows import TABLES, insert
from .schema import SCHEMA
from .text import TEXT
from .url import place_of

Row = dict[str, Any]
Connection = AsyncConnection[Row]

_DEFAULTS = {"connect_timeout": "5", "application_name": "adjourn-mock"}
_LOCK = 0x61646A6F75726E  # "adjourn" in ASCII: the advisory locks of this project
_CONNECTIONS = 10
_PATIENCE_SECONDS = 5.0
# A pool that has given up tries again at once when somebody asks, a patient one after minutes.
_RECONNECT_SECONDS = 2.0
_CURES = (
    ("password", "correct the user or the password in --db"),
    ("does not exist", "create it, or correct the name in --db"),
    ("permission denied", "grant it to the user, or take a database of its own"),
)
_CURE = "start the server, or correct --db"
_OPTIONS: dict[str, Any] = {
    "context": TEXT,
    "autocommit": True,
    "client_encoding": "utf8",
    "row_factory": dict_row,
}


class PostgresDatabase:
    """A pool of connections that the stores of all sandboxes share."""

    shared = True

    def __init__(self, url: str) -> None:
        """Make the tables where there are none. Raises StoreError."""
        self.conninfo = make_conninfo(url, **{**_DEFAULTS, **conninfo_to_dict(url)})
        try:
            _prepare(self.conninfo)
        except psycopg.Error as error:
            reason = _first_line(error)
            raise StoreError(f"{place_of(url)}: {reason}; {_cure(reason)}") from None
        self.pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            self.conninfo,
            open=False,
            min_size=1,
            max_size=_CONNECTIONS,
            timeout=_PATIENCE_SECONDS,
            reconnect_timeout=_RECONNECT_SECONDS,
            check=AsyncConnectionPool.check_connection,
            kwargs=_OPTIONS,
        )

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of the pool. Raises StoreUnavailable when there is none."""
        with _telling():
            async with self.pool.connection() as connection:
                yield connection

    async def start(self) -> None:
        """Open the pool."""
        await self.pool.open()

    async def sandboxes(self) -> list[str]:
        """The names of those that hold anything, the latest active first."""
        return await self._names(
            "SELECT sandbox FROM (SELECT sandbox, max(last_activity) AS latest "
            "FROM adjourn_sessions GROUP BY sandbox UNION SELECT sandbox, 0 FROM adjourn_outbox) s "
            "GROUP BY sandbox ORDER BY max(latest) DESC"
        )

    async def waiting(self) -> list[str]:
        """The names of those in which a timeout or a webhook waits."""
        return await self._names(
            "SELECT sandbox FROM adjourn_sessions WHERE expires IS NOT NULL "
            "UNION SELECT sandbox FROM adjourn_outbox WHERE due IS NOT NULL"
        )

    async def touch(self, sandbox: str) -> None:
        """Note that a sandbox is in use."""
        await Tables(self, sandbox).run(
            "INSERT INTO adjourn_sandboxes VALUES (%(sandbox)s, clock_timestamp()) "
            "ON CONFLICT (sandbox) DO UPDATE SET used = clock_timestamp()"
        )

    async def abandon(self, sandbox: str, seconds: float) -> bool:
        """Empty a sandbox if no other mock has used it for so long; say whether."""
        async with Tables(self, sandbox).transaction() as transaction:
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

    async def close(self) -> None:
        """Close the connections."""
        await self.pool.close()

    async def _names(self, statement: str) -> list[str]:
        async with self.connection() as connection:
            rows = await (await connection.execute(statement)).fetchall()
        return [row["sandbox"] for row in rows]


class Transaction:
    """Statements of one sandbox on one connection; `%(sandbox)s` stands for its name."""

    def __init__(self, connection: Connection, sandbox: str) -> None:
        self.connection = connection
        self.sandbox = sandbox

    async def rows(self, statement: str, **values: Any) -> list[Row]:
        """What a statement gives."""
        return await (await self.run(statement, **values)).fetchall()

    async def row(self, statement: str, **values: Any) -> Row | None:
        """The first row that a statement gives."""
        return await (await self.run(statement, **values)).fetchone()

    async def run(self, statement: str, **values: Any) -> AsyncCursor[Row]:
        """Carry out a statement; values by name."""
        values["sandbox"] = self.sandbox
        return await self.connection.execute(statement, values)

    async def insert(self, table: str, row: Mapping[str, Any], ending: str = "") -> Row | None:
        """Insert a row; what the statement gives, if its ending asks for that."""
        statement = insert(f"adjourn_{table}", ("sandbox", *row), "%({})s", ending)
        cursor = await self.run(statement, **row)
        return await cursor.fetchone() if ending else None

    async def insert_all(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert several rows, which may leave members out that then have their defaults."""
        for columns, alike in groupby(rows, key=tuple):
            values = [{**row, "sandbox": self.sandbox} for row in alike]
            statement = insert(f"adjourn_{table}", ("sandbox", *columns), "%({})s")
            await self.connection.cursor().executemany(statement, values)

    async def lock(self) -> None:
        """Replace or fill the sandbox after whoever does so now, and see what that leaves."""
        lock = "SELECT pg_advisory_xact_lock(hashtextextended(%(name)s, 0))"
        await self.run(lock, name=f"state of {self.sandbox}")

    async def empty(self) -> None:
        """Delete every row of the sandbox."""
        await self.lock()
        for table in TABLES:
            await self.run(f"DELETE FROM adjourn_{table} WHERE sandbox = %(sandbox)s")


class Tables:
    """The tables as one sandbox sees them; `calls` counts what waits for the database."""

    def __init__(self, database: PostgresDatabase, sandbox: str) -> None:
        self.database = database
        self.sandbox = sandbox
        self.calls = 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Transaction]:
        """A connection for one statement, which is a transaction by itself."""
        self.calls += 1
        try:
            async with self.database.connection() as connection:
                yield Transaction(connection, self.sandbox)
        finally:
            self.calls -= 1

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A connection for several statements: all of them or nothing."""
        async with self.connection() as transaction, transaction.connection.transaction():
            yield transaction

    async def rows(self, statement: str, **values: Any) -> list[Row]:
        """What one statement gives."""
        async with self.connection() as connection:
            return await connection.rows(statement, **values)

    async def row(self, statement: str, **values: Any) -> Row | None:
        """The first row that one statement gives."""
        async with self.connection() as connection:
            return await connection.row(statement, **values)

    async def value(self, statement: str, **values: Any) -> Any:
        """The one value that one statement gives."""
        (row,) = await self.rows(statement, **values)
        (value,) = row.values()
        return value

    async def run(self, statement: str, **values: Any) -> None:
        """Carry out one statement."""
        async with self.connection() as connection:
            await connection.run(statement, **values)


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable(_first_line(error)) from error


def _prepare(conninfo: str) -> None:
    """Make the tables where there are none. Of several mocks that start at once, one does."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        if connection.info.parameter_status("server_encoding") != "UTF8":
            raise OperationalError("its encoding is not UTF8, so that it cannot hold every text")
        found = connection.execute("SELECT to_regclass('adjourn_outbox') IS NOT NULL").fetchone()
        if found != (True,):
            connection.execute(SCHEMA)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _cure(reason: str) -> str:
    return next((cure for word, cure in _CURES if word in reason), _CURE)
