"""The shared database: PostgreSQL, which several mocks may work on at once."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection, InterfaceError, OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from ...domain.store import StoreError
from ..database import Database
from ..outage import Outage
from .migration import prepare
from .schema import told
from .text import TEXT
from .url import place_of

Row = dict[str, Any]
Connection = AsyncConnection[Row]

_DEFAULTS = {"connect_timeout": "5", "application_name": "adjourn-mock"}
_CONNECTIONS = 10
# How long a call may take: to get a connection, to see that it works, to be answered on it.
_POOL_SECONDS = 3.0
_CHECK_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
# Of the server: a little less, so that it gives up first and says why.
_SPANS = {
    "lock_timeout": "4s",
    "statement_timeout": "4500ms",
    "idle_in_transaction_session_timeout": "15s",
}
# Beside what its driver calls operational: read-only, no table, no right, no schema, no database.
_REFUSALS = frozenset(["25006", "42P01", "42501", "3F000", "3D000"])
# A pool that has given up tries again at once when somebody asks, a patient one after minutes.
_RECONNECT_SECONDS = 2.0
_CURES = (
    ("password", "correct the user or the password in --db"),
    ("newer Adjourn", "upgrade Adjourn, or take another database"),
    ("not of this mock", "take another database, or a schema of its own"),
    ("read-only", "make it writable, or take another one"),
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

# An outage is told once, and not by each of its connections.
logging.getLogger("psycopg").setLevel(logging.ERROR)


class PostgresDatabase(Database):
    """A pool of connections that the stores of all sandboxes share."""

    shared = True

    def __init__(self, url: str) -> None:
        """Make the tables where there are none. Raises StoreError."""
        self.conninfo = make_conninfo(url, **{**_DEFAULTS, **conninfo_to_dict(url)})
        try:
            with psycopg.connect(self.conninfo) as connection:
                prepare(connection)
                states = connection.execute(
                    "SELECT DISTINCT state FROM adjourn_sessions"
                ).fetchall()
        except psycopg.Error as error:
            reason = _first_line(error)
            raise StoreError(f"{place_of(url)}: {reason}; {_cure(reason)}") from None
        self.states = frozenset(state for (state,) in states)
        self.outage = Outage(_cause)
        self.pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            self.conninfo,
            open=False,
            min_size=1,
            max_size=_CONNECTIONS,
            timeout=_POOL_SECONDS,
            reconnect_timeout=_RECONNECT_SECONDS,
            configure=_configure,
            check=_check,
            kwargs=_OPTIONS,
        )

    @asynccontextmanager
    async def connection(self, seconds: float = PATIENCE_SECONDS) -> AsyncIterator[Connection]:
        """A connection of the pool, for so long. Raises StoreUnavailable when it fails."""
        with self.outage:
            async with self.pool.connection() as connection:
                with _hanging_up(connection, seconds):
                    yield connection

    async def start(self) -> None:
        await self.pool.open()

    async def waiting(self) -> list[str]:
        return await self.names(
            "SELECT sandbox FROM sessions WHERE expires IS NOT NULL "
            "UNION SELECT sandbox FROM outbox WHERE due IS NOT NULL"
        )

    async def close(self) -> None:
        await self.pool.close()

    async def names(self, statement: str) -> list[str]:
        async with self.connection() as connection:
            rows = await (await connection.execute(told(statement))).fetchall()
        return [row["sandbox"] for row in rows]


async def _configure(connection: Connection) -> None:
    """Have the server give up in time, unless --db says how long to wait."""
    given = connection.info.options
    for name, span in _SPANS.items():
        if name not in given:
            await connection.execute("SELECT set_config(%s, %s, false)", (name, span))


async def _check(connection: Connection) -> None:
    with _hanging_up(connection, _CHECK_SECONDS):
        await connection.execute("")


@contextmanager
def _hanging_up(connection: Connection, seconds: float) -> Iterator[None]:
    """Break the connection off after so long: a server that is frozen heeds no time-out.

    To cancel would be to ask the server, and to wait for it.
    """
    alarm = asyncio.get_running_loop().call_later(seconds, _break_off, connection)
    begun = time.monotonic()
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if time.monotonic() - begun < seconds:
            raise
        raise OperationalError(f"no answer within {seconds:g} s") from error
    finally:
        alarm.cancel()


def _break_off(connection: Connection) -> None:
    wire = socket.socket(fileno=connection.fileno())
    try:
        wire.shutdown(socket.SHUT_RDWR)
    finally:
        wire.detach()  # it is the driver's to close


def _cause(error: BaseException) -> str | None:
    """What is wrong with the database, or None for an error that is not its fault."""
    failed = isinstance(error, OperationalError | InterfaceError)
    refused = isinstance(error, psycopg.Error) and error.sqlstate in _REFUSALS
    return _first_line(error) if failed or refused else None


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


def _cure(reason: str) -> str:
    return next((cure for word, cure in _CURES if word in reason), _CURE)
