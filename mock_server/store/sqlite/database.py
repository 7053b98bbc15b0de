"""The embedded database: one SQLite connection, in memory or in a file."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from ...domain.store import StoreError
from ..database import Database
from ..matching import holds, is_among
from ..outage import Outage
from .migration import damaged, examine, prepare
from .schema import SCHEMA

# Primary codes of what befalls a file: no statement is to blame for it.
_FAILURES = frozenset(
    [
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    ]
)
_PATIENCE_SECONDS = 1.0
_KEPT_AT_ONCE = 1_000
_LARGE = 4 * 1024 * 1024

_T = TypeVar("_T")
# How a transaction begins, how it ends, and how it is taken back.
_Statements = tuple[str, str, tuple[str, ...]]
_IN_FILE: _Statements = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
# In memory many are a part of one: a commit makes hardly anything safe there, and SQLite may look
# at every page that it has to carry it out.
_IN_MEMORY: _Statements = (
    "SAVEPOINT change",
    "RELEASE change",
    ("ROLLBACK TO change", "RELEASE change"),
)


class SqliteDatabase(Database):
    """A connection that the stores of all sandboxes share."""

    shared = False

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.outage = Outage(self._cause)
        try:
            self.connection = _connect(path)
            last = self.connection.execute("SELECT max(activity) FROM sessions").fetchone()[0]
            states = self.connection.execute("SELECT DISTINCT state FROM sessions").fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {_cause_and_cure(error)}") from None
        self.activity = count((last or 0) + 1)
        self.connection.create_function("next_activity", 0, self.activity.__next__)
        self.states = frozenset(state for (state,) in states)
        self._begin, self._commit, self._rollback = _IN_MEMORY if path is None else _IN_FILE
        self._changing = False
        self._changes = 0
        self._lent: asyncio.Future[Any] | None = None

    @property
    def is_lent(self) -> bool:
        """Whether a thread has the connection."""
        return self._lent is not None

    @property
    def is_large(self) -> bool:
        """Whether a part of it may take longer to read than requests may wait."""
        size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        with self.outage:
            return bool(self.connection.execute(size).fetchone()[0] > _LARGE)

    async def free(self) -> None:
        """Wait while a thread has the connection. Every call of a store begins with it."""
        while self._lent is not None:
            await asyncio.wait([self._lent])

    async def lend(self, work: Callable[[], _T]) -> _T:
        """What `work` on the connection gives, done in a thread: the other calls of the stores
        wait, and the event loop does not."""
        await self.free()
        self._lent = asyncio.get_running_loop().run_in_executor(None, work)
        self._lent.add_done_callback(self._take_over)
        return await asyncio.shield(self._lent)  # a thread goes on, whoever waits for it

    def _take_over(self, _: object) -> None:
        self._lent = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing; one within another is a part of it."""
        if self._changing:
            yield
            return
        with self.outage:
            self.connection.execute(self._begin)
            self._changing = True
            try:
                yield
                self.connection.execute(self._commit)
            except BaseException:
                self._take_back()
                raise
            finally:
                self._changing = False
            self._keep()

    def _cause(self, error: BaseException) -> str | None:
        """What is wrong with the database, or None for an error that is not its fault."""
        code = getattr(error, "sqlite_errorcode", None)
        failed = code is not None and code & 0xFF in _FAILURES
        return f"{self.path or 'the memory'}: {error}" if failed else None

    def _take_back(self) -> None:
        """Undo a transaction, unless SQLite has done so: it does where there is no room left."""
        if self.connection.in_transaction:
            for statement in self._rollback:
                self.connection.execute(statement)
        if self.path is None and not self.connection.in_transaction:
            self.connection.execute("BEGIN")

    def _keep(self) -> None:
        """Commit in memory now and then: what SQLite undoes by itself is all since then."""
        self._changes += 1
        if self.path is None and self._changes >= _KEPT_AT_ONCE and self.connection.in_transaction:
            self._changes = 0
            self.connection.execute("COMMIT")
            self.connection.execute("BEGIN")

    async def names(self, statement: str) -> list[str]:
        await self.free()
        with self.outage:
            return [row["sandbox"] for row in self.connection.execute(statement)]

    def discard(self) -> None:
        """Let go of the file, which nobody else may open while this is held."""
        self.connection.close()

    async def close(self) -> None:
        await self.free()
        self.discard()


def _cause_and_cure(error: sqlite3.Error) -> str:
    if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
        return (
            "another process has it open; stop that one, give --db another path, or take a "
            "postgresql:// database, which several mocks share"
        )
    return damaged(error) or f"{error}; give --db another path"


def _connect(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        examine(path)
    # The loop that serves may run in another thread than the one that built the mock.
    connection = sqlite3.connect(
        path or ":memory:",
        timeout=_PATIENCE_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        _set_up(connection, path)
    except BaseException:
        connection.close()
        raise
    connection.row_factory = sqlite3.Row
    return connection


def _set_up(connection: sqlite3.Connection, path: Path | None) -> None:
    connection.create_function("holds", 2, holds, deterministic=True)
    connection.create_function("is_among", 2, is_among, deterministic=True)
    if path is None:
        connection.executescript(SCHEMA)
        connection.execute("BEGIN")
        return
    # Until the process ends, however it does: two mocks would send each webhook twice.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    prepare(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
