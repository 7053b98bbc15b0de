"""What the sessions ask of a store, and what is wrong with one."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from .records import Change, SessionQuery
from .session import Session, TurnResult


class StoreError(ValueError):
    """The store cannot be used; the message names it, the cause and the cure."""


class StoreUnavailable(Exception):
    """The store does not answer now; it may later."""


class Sessions(Protocol):
    """The sessions of a sandbox, with their transcripts and the keys of their turns.

    Every method is one transaction.
    """

    async def insert(self, session: Session) -> bool:
        """Store a new session; False when its endpoint has an active one, or its id is taken."""

    async def active_at(self, channel: str, external_hash: str) -> Session | None:
        """The active session of an endpoint."""

    async def get(self, session_id: str) -> Session | None:
        """A session with its transcript."""

    async def page(self, query: SessionQuery) -> tuple[list[Session], int]:
        """One page of sessions, most recently active first, and how many match in all."""

    async def replay(self, session_id: str, key: str) -> TurnResult | None:
        """What the turn with this key was answered with."""

    async def apply(self, change: Change) -> Session | None:
        """Store a change and give the session; None, and nothing stored, if it may not be."""

    async def overdue(self, now: int) -> Sequence[Session]:
        """The active sessions whose timeout has passed, the longest overdue first."""

    async def next_expiry(self) -> int | None:
        """The earliest timeout of an active session."""

    async def latest(self) -> int | None:
        """The latest instant at which something happened to a session."""

    async def count(self) -> int:
        """How many there are."""

    def together(self) -> AbstractAsyncContextManager[Any]:
        """Store what is done meanwhile as one, where that is faster; nothing else is to wait."""
