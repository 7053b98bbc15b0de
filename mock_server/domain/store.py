"""What the mock asks of a store: one protocol for each kind of thing that it keeps.

Every method is one transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from .records import CallResultQuery, Change, Delivery, LoggedDelivery, Rows, SessionQuery
from .session import Session, TurnResult


class StoreError(ValueError):
    """The store cannot be used; the message names it, the cause and the cure."""


class StoreUnavailable(Exception):
    """The store does not answer now; it may later."""


class Sessions(Protocol):
    """The sessions of a sandbox, with their transcripts and the keys of their turns."""

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

    def together(self) -> AbstractAsyncContextManager[None]:
        """Store what is done meanwhile as one, where that is faster; nothing else is to wait."""


class Results(Protocol):
    """The call results of a sandbox."""

    async def search(self, query: CallResultQuery) -> tuple[list[dict[str, Any]], int]:
        """One page of call results, newest first, and how many match in all."""


class Outbox(Protocol):
    """The webhooks of a sandbox: those that wait, and the log of all."""

    async def deliveries(self) -> list[Delivery]:
        """The webhooks that wait and that nobody is sending, in the order of their due times."""

    async def next_due(self) -> int | None:
        """The earliest instant at which a webhook is due that nobody is sending."""

    async def claim(self, delivery: Delivery, seconds: float) -> bool:
        """Keep other mocks from sending a webhook, for so long; False if one was faster."""

    async def delivered(
        self,
        serial: int,
        outcome: str,
        retry_at: int | None,
        attempt: Mapping[str, Any] | None = None,
    ) -> None:
        """Record an attempt at a webhook; `retry_at` None for the last one."""

    async def enqueue(
        self, session_id: str, url: str, headers: Mapping[str, str], payload: Any, due: int
    ) -> int:
        """Put a webhook into the outbox and give its serial."""

    async def postpone(self, serial: int, due: int) -> None:
        """Set the due time of a webhook that waits."""

    async def redeliver(self, serial: int, due: int) -> None:
        """Send a webhook again, as if for the first time."""

    async def delivery(self, serial: int) -> LoggedDelivery | None:
        """A webhook with the attempts at it."""

    async def log(self, session_id: str | None, limit: int) -> list[LoggedDelivery]:
        """The latest webhooks, of one session or of all, the newest first."""


class Image(Protocol):
    """All that a sandbox holds, as one."""

    async def dump(self) -> Rows:
        """Everything, in the order in which it came."""

    async def load(self, rows: Rows) -> None:
        """Forget everything and hold these rows instead."""

    async def add(self, rows: Rows, only_if_empty: bool = False) -> bool:
        """Hold these rows too; False, and none of them, if an id or an endpoint is taken.

        With `only_if_empty` neither if there is any session.
        """

    async def touch(self) -> None:
        """Note that the sandbox is in use."""

    async def abandon(self, seconds: float) -> bool:
        """Forget everything if no other mock has used the sandbox for so long; say whether."""


@dataclass(frozen=True, slots=True)
class Store:
    """One sandbox's state; `calls` counts what waits for an answer of the database."""

    sessions: Sessions
    results: Results
    outbox: Outbox
    image: Image
    calls: Callable[[], int] = lambda: 0


class Database(Protocol):
    """Where the state of all sandboxes is; `shared` if other mocks may work on it too, `states`
    what the sessions in it were in when it was opened."""

    shared: bool
    states: frozenset[str]

    async def start(self) -> None:
        """Be ready for the calls of the stores."""

    def discard(self) -> None:
        """Let go of one that was not started."""

    async def sandboxes(self) -> list[str]:
        """The names of those that hold anything, the latest active first."""

    async def waiting(self) -> list[str]:
        """The names of those in which a timeout or a webhook waits."""

    async def close(self) -> None:
        """Let go of it."""
