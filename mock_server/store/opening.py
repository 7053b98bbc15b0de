"""The store that --db names: embedded, or shared with other mocks."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.store import Database, Store, StoreError
from .postgres.url import place_of
from .sqlite.database import SqliteDatabase
from .sqlite.image import SqliteImage
from .sqlite.outbox import SqliteOutbox
from .sqlite.results import SqliteResults
from .sqlite.sessions import SqliteSessions
from .sqlite.tables import Tables

if TYPE_CHECKING:
    from .postgres.database import PostgresDatabase


def open_store(
    db: Path | str | None, known: Iterable[str] | None = None
) -> tuple[Database, Callable[[str], Store]]:
    """The database, and what gives the store of a sandbox; a URL stands for PostgreSQL.

    Raises StoreError for one that cannot be used, or with sessions in a state that is not `known`.
    """
    database, store_of = _open(db)
    if known is not None and (other := database.states.difference(known)):
        words, place = " or ".join(sorted(other)), place_of(db) if isinstance(db, str) else db
        database.discard()
        cure = "take the contract that it was made with, or another --db"
        raise StoreError(f"{place}: it has sessions that are {words}, which none can be; {cure}")
    return database, store_of


def _open(db: Path | str | None) -> tuple[Database, Callable[[str], Store]]:
    if isinstance(db, str):
        from .postgres.database import PostgresDatabase

        postgres = PostgresDatabase(db)
        return postgres, partial(shared_store, postgres)
    sqlite = SqliteDatabase(db)
    return sqlite, partial(embedded_store, sqlite)


def embedded_store(database: SqliteDatabase, sandbox: str) -> Store:
    """A sandbox's store in SQLite."""
    tables = Tables(database, sandbox)
    outbox = SqliteOutbox(tables)
    results = SqliteResults(tables, outbox)
    sessions, image = SqliteSessions(tables, results), SqliteImage(tables)
    return Store(sessions, results, outbox, image, lambda: int(database.is_lent))


def shared_store(database: "PostgresDatabase", sandbox: str) -> Store:
    """A sandbox's store in PostgreSQL."""
    from .postgres import tables as postgres
    from .postgres.image import PostgresImage
    from .postgres.outbox import PostgresOutbox
    from .postgres.results import PostgresResults
    from .postgres.sessions import PostgresSessions

    tables = postgres.Tables(database, sandbox)
    outbox = PostgresOutbox(tables)
    results = PostgresResults(tables, outbox)
    sessions = PostgresSessions(tables, results)
    return Store(sessions, results, outbox, PostgresImage(tables), lambda: tables.calls)
