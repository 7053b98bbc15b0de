"""The embedded database: SQLite, in memory or in a file."""

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from mock_server.tables import SCHEMA

__all__ = ["Database", "StoreError"]

_SORTED = orjson.OPT_SORT_KEYS
_MAX_DOTS = 100


class StoreError(ValueError):
    """The database file cannot be used; the message names it, the cause and the cure."""


class Database:
    """A connection that the repositories of all sandboxes share."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        try:
            self.connection = _connect(path)
            last = self.connection.execute("SELECT max(activity) FROM sessions").fetchone()[0]
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}; give --db another path") from None
        self.activity = itertools.count((last or 0) + 1)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def sandboxes(self) -> list[str]:
        """The names of those that hold anything, the latest active first."""
        rows = self.connection.execute(
            "SELECT sandbox FROM (SELECT sandbox, max(last_activity) AS latest FROM sessions "
            "GROUP BY sandbox UNION SELECT sandbox, 0 FROM outbox) "
            "GROUP BY sandbox ORDER BY max(latest) DESC"
        )
        return [row[0] for row in rows]

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()


def _connect(path: Path | None) -> sqlite3.Connection:
    # The loop that serves may run in another thread than the one that built the mock.
    connection = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
    connection.create_function("holds", 2, _holds, deterministic=True)
    if path is not None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    connection.executescript(SCHEMA)
    return connection


def _holds(document: str, filters: str) -> bool:
    """Whether a document holds each wanted value at its dotted path."""
    row = orjson.loads(document)
    wanted: dict[str, Any] = orjson.loads(filters)
    return all(_same(_dig(row, path), [value]) for path, value in wanted.items())


def _same(one: Any, other: Any) -> bool:
    # As text, because in Python true equals 1.
    return orjson.dumps(one, option=_SORTED) == orjson.dumps(other, option=_SORTED)


def _dig(value: Any, path: str) -> list[Any]:
    if not path:
        return [value]
    if not isinstance(value, dict) or path.count(".") > _MAX_DOTS:
        return []
    # A key may hold dots itself, so the longest one that exists wins.
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        key = ".".join(parts[:length])
        if key in value:
            return _dig(value[key], ".".join(parts[length:]))
    return []
