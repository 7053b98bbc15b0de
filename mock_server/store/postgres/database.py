"""The shared database: PostgreSQL, which several mocks may work on at once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection, InterfaceError, OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool

from ...domain.repository import StoreError, StoreUnavailable
from .schema import SCHEMA
from .text import TEXT
from .url import place_of

__all__ = ["Connection", "PostgresDatabase"]

Connection = AsyncConnection[tuple[Any, ...]]

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
_OPTIONS: dict[str, Any] = {"context": TEXT, "autocommit": True, "client_encoding": "utf8"}


class PostgresDatabase:
    """A pool of connections that the repositories of all sandboxes share."""

    shared = True

    def __init__(self, url: str) -> None:
        """Make the tables where there are none. Raises StoreError."""
        self.conninfo = make_conninfo(url, **{**_DEFAULTS, **conninfo_to_dict(url)})
        try:
            _prepare(self.conninfo)
        except psycopg.Error as error:
            reason = _first_line(error)
            raise StoreError(f"{place_of(url)}: {reason}; {_cure(reason)}") from None
        self.one_at_a_time = asyncio.Lock()
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

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """Hold the lock of this name, which one mock has at a time."""
        # On a connection beside the pool: who holds one of that and waits for another may wait
        # for ever. The lock goes with the connection, so a mock that dies lets go of it.
        async with self.one_at_a_time:
            with _telling():
                async with await AsyncConnection.connect(self.conninfo, **_OPTIONS) as lock:
                    key = "hashtextextended(%s, %s)"
                    await lock.execute(f"SELECT pg_advisory_lock({key})", (name, _LOCK))
                    yield

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

    async def serial(self) -> int:
        """The number of the next activity."""
        async with self.connection() as connection:
            cursor = await connection.execute("SELECT nextval('adjourn_activity')")
            return int((await cursor.fetchall())[0][0])

    async def close(self) -> None:
        """Close the connections."""
        await self.pool.close()

    async def _names(self, statement: str) -> list[str]:
        async with self.connection() as connection:
            return [name for (name,) in await (await connection.execute(statement)).fetchall()]


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
