"""The store that --db names: embedded, or shared with other mocks."""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.store import StoreError
from .database import Database
from .image import Image
from .outbox import Outbox
from .postgres.url import place_of
from .results import StoredResults
from .sessions import StoredSessions
from .sqlite.database import SqliteDatabase
from .sqlite.results import SqliteResults
from .sqlite.sessions import SqliteSessions
from .sqlite.tables import Tables as SqliteTables
from .tables import Tables

if TYPE_CHECKING:
    from .postgres.database import PostgresDatabase


@dataclass(frozen=True, slots=True)
class Store:
    """One sandbox's state."""

    tables: Tables
    sessions: StoredSessions
    results: StoredResults
    outbox: Outbox
    image: Image


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
    tables = SqliteTables(database, sandbox)
    results = SqliteResults(tables)
    image = Image(tables, sqlite3.IntegrityError)
    return Store(tables, SqliteSessions(tables, results), results, Outbox(tables), image)


def shared_store(database: "PostgresDatabase", sandbox: str) -> Store:
    from psycopg.errors import UniqueViolation

    from .postgres.image import SharedImage
    from .postgres.outbox import SharedOutbox
    from .postgres.results import PostgresResults
    from .postgres.sessions import PostgresSessions
    from .postgres.tables import Tables

    tables = Tables(database, sandbox)
    results = PostgresResults(tables)
    image = SharedImage(tables, UniqueViolation)
    return Store(tables, PostgresSessions(tables, results), results, SharedOutbox(tables), image)
