"""The tables of a file: whose they are, of what version, and whether they are whole."""

import sqlite3
import struct
import time
from contextlib import closing
from pathlib import Path

from ...domain.store import StoreError
from ..rows import TABLES
from .schema import MIGRATIONS, SCHEMA

# "Adjn" in ASCII, in the header of every file of the mock.
APPLICATION_ID = 0x41646A6E
# https://sqlite.org/fileformat2.html#the_database_header
_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100
_VERSION_AT, _APPLICATION_AT = 60, 68
_CHECK_SECONDS = 2.0
_CHECK_STEPS = 10_000

_FOREIGN = "it is no file of this mock, and stays as it is; give --db another path"
_NEWER = (
    "a newer Adjourn wrote it, with tables of version {}, and this one knows {}; "
    "upgrade Adjourn, or give --db another path"
)
_DAMAGED = "it is damaged: {}; restore a copy of it, or give --db another path"


def version() -> int:
    """The version of the tables that this mock works on."""
    return len(MIGRATIONS) + 1


def examine(path: Path) -> None:
    """Look at a file before anything is written to it. Raises StoreError for one of others."""
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        return
    if not path.is_file():  # to open a pipe would wait for somebody at its other end
        raise StoreError(f"{path}: it is no regular file; give --db another path")
    header = _header(path)
    if not header.startswith(_MAGIC) or len(header) < _HEADER_BYTES:
        raise StoreError(f"{path}: {_FOREIGN}")
    application, found = (_number(header, at) for at in (_APPLICATION_AT, _VERSION_AT))
    if application == APPLICATION_ID:
        _refuse_newer(path, found)
    elif application or found:
        raise StoreError(f"{path}: {_FOREIGN}")
    else:
        _look_inside(path)


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables, or bring older ones up to date. Raises StoreError for damaged ones."""
    _refuse_damaged(connection, path)
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if application == APPLICATION_ID:
        _refuse_newer(path, found)
        scripts = MIGRATIONS[found - 1 :]
    else:
        scripts = MIGRATIONS if _are_ours(_tables(connection), path) else (SCHEMA,)
    if (application, found) == (APPLICATION_ID, version()):
        _refuse_lacking(connection, path)
        return
    stamp = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version()};"
    # In one transaction, with the header, and before the file has a log beside it.
    connection.executescript(f"BEGIN IMMEDIATE; {';'.join(scripts)}; {stamp}")
    _refuse_lacking(connection, path)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def damaged(error: sqlite3.Error) -> str | None:
    """What to do about a file that cannot be read, or None for another error."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    broken = code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return _DAMAGED.format(error) if broken else None


def _header(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEADER_BYTES)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; give --db another path") from None


def _number(header: bytes, at: int) -> int:
    number: int = struct.unpack_from(">I", header, at)[0]
    return number


def _refuse_newer(path: Path, found: int) -> None:
    if found > version():
        raise StoreError(f"{path}: {_NEWER.format(found, version())}")


def _look_inside(path: Path) -> None:
    """Raise StoreError unless a file without a version has the mock's tables, or none at all."""
    # Without a log beside it the file is whole, and SQLite need not make one to read it.
    log = path.with_name(f"{path.name}-wal")
    mode = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", timeout=0, uri=True)
    try:
        _are_ours(_tables(connection), path)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise  # else a process has it open, which is told when it is opened for good
    finally:
        connection.close()


def _are_ours(tables: set[str], path: Path) -> bool:
    """Whether these tables are those of the mock; False for none."""
    if tables and tables != set(TABLES):
        raise StoreError(f"{path}: {_FOREIGN}")
    return bool(tables)


def _tables(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    )
    return {name for (name,) in rows}


def _refuse_lacking(connection: sqlite3.Connection, path: Path) -> None:
    """Raise StoreError for a file without a table, a column or an index that the mock uses."""
    with closing(sqlite3.connect(":memory:")) as model:
        model.executescript(SCHEMA)
        lacking = _parts(model) - _parts(connection)
    if lacking:  # a table rather than its columns
        raise StoreError(f"{path}: {_DAMAGED.format(f'no {max(lacking)}')}")


def _parts(connection: sqlite3.Connection) -> set[str]:
    """What there is, in words."""
    parts = "SELECT type || ' ' || name FROM sqlite_schema WHERE sql NOT NULL"
    columns = (
        "SELECT 'column ' || s.name || '.' || c.name FROM sqlite_schema s, "
        "pragma_table_info(s.name) c WHERE s.type = 'table'"
    )
    return {part for (part,) in connection.execute(f"{parts} UNION ALL {columns}")}


def _refuse_damaged(connection: sqlite3.Connection, path: Path) -> None:
    """Look through the file, a large one as far as one gets within two seconds."""
    end = time.monotonic() + _CHECK_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > end, _CHECK_STEPS)
    try:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return
    finally:
        connection.set_progress_handler(None, 0)
    if verdict != "ok":
        raise StoreError(f"{path}: {_DAMAGED.format(' '.join(str(verdict).split())[:200])}")
