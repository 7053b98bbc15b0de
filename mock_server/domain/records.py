"""The values that pass between the mock and its store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .session import Message, Session

# The rows of a sandbox by table, each with its values by column.
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class SessionQuery:
    """Which sessions to list; a member that is None filters nothing."""

    skip: int
    take: int
    agent_id: str | None = None
    channel: str | None = None
    state: str | None = None
    reason: str | None = None
    updated_after: int | None = None
    created_after: int | None = None
    members: Mapping[str, Any] = field(default_factory=dict)


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
    endpoints: Sequence[str] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Completion:
    """What the finish pipeline leaves behind: call result with what it is searched by, audit entry,
    webhook."""

    call_result: Mapping[str, Any] | None
    columns: Mapping[str, Any]
    completed: int
    visible: int
    event: str
    note: str | None
    webhook: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A step of a session that is stored whole or not at all.

    It is not stored if the session is not in the state that it `was` in, nor if there are other
    messages by then than those `seen`, the number that the step was computed from; with
    `overdue_at` neither if the session's timeout has not passed at that instant.
    """

    session: Session
    was: str
    messages: tuple[Message, ...] = ()
    reply_from: int = 0
    key: str | None = None
    complete: Callable[[Session], Completion] | None = None
    overdue_at: int | None = None
    seen: int = 0


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
