"""What the mock asks of a store, and the values that pass between them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from .session import Message, Session, TurnResult

__all__ = [
    "CallResultQuery",
    "Change",
    "Completion",
    "Delivery",
    "LoggedDelivery",
    "Repository",
    "SessionQuery",
    "Storage",
    "StoreError",
    "StoreUnavailable",
]


class StoreError(ValueError):
    """The store cannot be used; the message names it, the cause and the cure."""


class StoreUnavailable(Exception):
    """The store does not answer now; it may later."""


@dataclass(frozen=True, slots=True)
class SessionQuery:
    """Which sessions to list; a member that is None filters nothing."""

    skip: int
    take: int
    agent_id: str | None = None
    channel: str | None = None
    state: str = "active"
    updated_after: int | None = None


@dataclass(frozen=True, slots=True)
class CallResultQuery:
    """Which call results to find; a member that is None or empty filters nothing."""

    page: int
    size: int
    visible_at: int
    call_ids: Sequence[str] | None = None
    agent_ids: Sequence[str] | None = None
    statuses: Sequence[str] | None = None
    completed_from: int | None = None
    completed_to: int | None = None
    endpoint: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Completion:
    """What the finish pipeline leaves behind: call result, audit entry, webhook."""

    call_result: Mapping[str, Any]
    completed: int
    visible: int
    event: str
    note: str | None
    webhook: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A step of a session that is stored whole or not at all.

    It is not stored if the session is final by then; with `seen`, the number of messages that
    the step was computed from, neither if there are others by then; with `overdue_at` neither
    if the session's timeout has not passed at that instant.
    """

    session: Session
    messages: tuple[Message, ...] = ()
    reply_from: int = 0
    key: str | None = None
    complete: Callable[[Session], Completion] | None = None
    overdue_at: int | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook that waits to be sent."""

    serial: int
    session_id: str
    url: str
    headers: Mapping[str, str]
    payload: bytes
    attempts: int
    due: int


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """A webhook with the attempts at it; `due` None when there will be no further one."""

    serial: int
    session_id: str
    url: str
    payload: Mapping[str, Any]
    due: int | None
    outcome: str
    log: Sequence[Mapping[str, Any]]


class Storage(Protocol):
    """Where the state of all sandboxes is; `shared` if other mocks may work on it too."""

    shared: bool

    async def start(self) -> None:
        """Be ready for the repositories' calls."""

    async def sandboxes(self) -> list[str]:
        """The names of those that hold anything, the latest active first."""

    async def waiting(self) -> list[str]:
        """The names of those in which a timeout or a webhook waits."""

    async def serial(self) -> int:
        """A number above those of all activities so far."""

    async def close(self) -> None:
        """Let go of it."""


class Repository(Protocol):
    """One sandbox's state. Every method is one transaction.

    `calls` counts those that wait for an answer of the store.
    """

    calls: int

    async def insert(self, session: Session) -> bool:
        """Store a new session; False when its endpoint has an active one, or its id is taken."""

    async def active_at(self, channel: str, external_hash: str) -> Session | None:
        """The active session of an endpoint."""

    async def get(self, session_id: str) -> Session | None:
        """A session with its transcript."""

    async def list_sessions(self, query: SessionQuery) -> tuple[list[Session], int]:
        """One page of sessions, most recently active first, and how many match in all."""

    async def replay(self, session_id: str, key: str) -> TurnResult | None:
        """What the turn with this key was answered with."""

    async def apply(self, change: Change) -> Session | None:
        """Store a change and give the session; None, and nothing stored, if it may not be."""

    async def overdue(self, now: int) -> list[Session]:
        """The active sessions whose timeout has passed, the longest overdue first."""

    async def next_expiry(self) -> int | None:
        """The earliest timeout of an active session."""

    async def latest(self) -> int | None:
        """The latest instant at which something happened to a session."""

    async def search(self, query: CallResultQuery) -> tuple[list[dict[str, Any]], int]:
        """One page of call results, newest first, and how many match in all."""

    async def deliveries(self) -> list[Delivery]:
        """The webhooks that wait and that nobody is sending, in the order of their due times."""

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

    async def delivery_log(self, session_id: str | None, limit: int) -> list[LoggedDelivery]:
        """The latest webhooks, of one session or of all, the newest first."""

    async def next_delivery(self) -> int | None:
        """The earliest instant at which a webhook is due that nobody is sending."""

    async def claim(self, delivery: Delivery, seconds: float) -> bool:
        """Keep other mocks from sending a webhook, for so long; False if one was faster."""

    async def count(self) -> int:
        """How many sessions there are."""

    async def clear(self) -> None:
        """Forget everything."""

    async def discard(self, session_ids: Sequence[str]) -> None:
        """Forget some sessions, with all that they left."""

    async def touch(self) -> None:
        """Note that the sandbox is in use."""

    async def abandon(self, seconds: float) -> bool:
        """Forget everything if no other mock has used the sandbox for so long; say whether."""

    def together(self) -> AbstractAsyncContextManager[None]:
        """Store what is done meanwhile as one, where that is faster; nothing else is to wait."""

    def alone(self) -> AbstractAsyncContextManager[None]:
        """Keep other mocks from doing the same in this sandbox meanwhile."""

    async def dump(self) -> dict[str, list[dict[str, Any]]]:
        """Everything, as rows by table."""

    async def load(self, image: dict[str, list[dict[str, Any]]]) -> None:
        """Forget everything and hold these rows instead."""
