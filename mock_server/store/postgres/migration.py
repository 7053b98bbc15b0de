"""The tables of a database: whose they are, and of what version."""

from typing import Any

from psycopg import Connection, OperationalError

from ..rows import TABLES
from .schema import MIGRATIONS, SCHEMA, VERSIONED

_LOCK = 0x61646A6F75726E  # "adjourn" in ASCII: the advisory lock of this project
_ALL = ("sandboxes", *TABLES)


def version() -> int:
    """The version of the tables that this mock works on."""
    return len(MIGRATIONS) + 1


def prepare(connection: Connection[Any]) -> None:
    """Make the tables, or bring older ones up to date. Of several mocks at once, one does.

    Raises OperationalError for a database that cannot be used, and writes nothing to it.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise OperationalError("its encoding is not UTF8, so that it cannot hold every text")
    if _value(connection, "SHOW transaction_read_only") == "on":
        raise OperationalError("it is read-only")
    found = _version(connection)
    if found > version():
        raise OperationalError(
            f"a newer Adjourn made its tables, of version {found}, and this one knows {version()}"
        )
    for script in MIGRATIONS[found - 1 :] if found else (SCHEMA, VERSIONED):
        connection.execute(script)
    if found != version():
        connection.execute("DELETE FROM adjourn_schema")
        connection.execute("INSERT INTO adjourn_schema VALUES (%s)", (version(),))


def _version(connection: Connection[Any]) -> int:
    """The version of the tables that are there, 0 for none."""
    there = [name for name in _ALL if _has(connection, name)]
    if _has(connection, "schema"):
        return int(_value(connection, "SELECT max(version) FROM adjourn_schema"))
    if not there:
        return 0
    if len(there) < len(_ALL):
        raise OperationalError(f"its table adjourn_{there[0]} is not of this mock")
    connection.execute(VERSIONED)  # tables of before versions were counted are of the first
    connection.execute("INSERT INTO adjourn_schema VALUES (1)")
    return 1


def _has(connection: Connection[Any], name: str) -> bool:
    return bool(_value(connection, "SELECT to_regclass(%s) IS NOT NULL", f"adjourn_{name}"))


def _value(connection: Connection[Any], statement: str, *values: Any) -> Any:
    row = connection.execute(statement, values).fetchone()
    return row and row[0]
