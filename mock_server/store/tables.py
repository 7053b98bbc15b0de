"""Statements on the tables of a store, whichever database carries them out."""

from abc import ABC, abstractmethod
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from ..domain.records import Rows
from .rows import Row, insert

_T = TypeVar("_T")
RowStream = AsyncGenerator[Row, None]


class Statements(ABC):
    """Statements as one sandbox sees the tables.

    In their text `:sandbox` stands for its name, and so does each name behind a colon for a value.
    """

    sandbox: str

    @abstractmethod
    async def rows(self, statement: str, **values: Any) -> Sequence[Row]:
        """What a statement gives."""

    @abstractmethod
    async def run(self, statement: str, **values: Any) -> int:
        """Carry out a statement; how many rows it has changed."""

    @abstractmethod
    async def insert_numbered(self, table: str, row: Mapping[str, Any]) -> int:
        """Insert a row, and give the serial that the database gave it."""

    async def insert(self, table: str, row: Mapping[str, Any], ending: str = "") -> bool:
        """Insert a row; whether it was, for an ending that lets it be."""
        statement = insert(table, ("sandbox", *row), ":{}", ending)
        return await self.run(statement, **row) == 1

    async def row(self, statement: str, **values: Any) -> Row | None:
        """The first row that a statement gives."""
        rows = await self.rows(statement, **values)
        return rows[0] if rows else None

    async def value(self, statement: str, **values: Any) -> Any:
        """What a statement gives as its one `value`."""
        (row,) = await self.rows(statement, **values)
        return row["value"]


class Transaction(Statements):
    """Statements of which all or none are carried out."""

    @abstractmethod
    async def insert_all(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert several rows, which may leave members out that then have their defaults."""

    @abstractmethod
    def each(self, statement: str, piece_size: int = 500, **values: Any) -> RowStream:
        """What a statement gives row by row, for many, or for large ones in small pieces."""

    @abstractmethod
    async def empty(self) -> None:
        """Delete every row of the sandbox."""

    async def lock(self) -> None:
        """Replace or fill the sandbox after whoever does so now, and see what that leaves."""


class Tables(Statements):
    """Statements that are each a transaction by itself, and ways to carry out several."""

    @property
    @abstractmethod
    def calls(self) -> int:
        """How many calls wait for an answer of the database."""

    @abstractmethod
    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Several statements: all of them or nothing."""

    @abstractmethod
    def together(self) -> AbstractAsyncContextManager[Any]:
        """The same for many calls, where that is faster."""

    @abstractmethod
    async def read(self, work: Callable[[Transaction], Awaitable[_T]], slow: bool = False) -> _T:
        """What `work` reads, which is or may be much; `slow` where that takes long anyway."""

    @abstractmethod
    async def whole(
        self, work: Callable[[Transaction], Awaitable[_T]], rows: Rows | None = None
    ) -> _T:
        """What `work` gives on all that the sandbox holds, in one transaction: it reads all, or
        writes these rows."""
