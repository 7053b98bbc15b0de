"""The store that --db names: embedded, or shared with other mocks."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..domain.repository import Repository, Storage
from .sqlite.database import Database
from .sqlite.sessions import SqliteRepository

__all__ = ["open_store"]


def open_store(db: Path | str | None) -> tuple[Storage, Callable[[str], Repository]]:
    """The storage, and what gives the repository of a sandbox; a URL stands for PostgreSQL.

    Raises StoreError for one that cannot be used.
    """
    if isinstance(db, str):
        from .postgres.database import PostgresDatabase
        from .postgres.sessions import PostgresRepository

        shared = PostgresDatabase(db)
        return shared, partial(PostgresRepository, shared)
    database = Database(db)
    return database, partial(SqliteRepository, database)
