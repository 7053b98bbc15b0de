"""The values of the domain: a session, its messages, and what a turn was answered with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a transcript; `time` in microseconds since 1970."""

    role: str
    content: str | None
    time: int
    tool_calls: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A chat session as it stands; instants in microseconds since 1970."""

    id: str
    agent_id: str
    channel: str
    ttl_seconds: int | None
    created: int
    last_activity: int
    state: str
    final_reason: str | None = None
    finished: int | None = None
    cursor: int = 0
    additional_data: dict[str, Any] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    members: Mapping[str, Any] = field(default_factory=dict)
    external_hash: str | None = None
    holds: bool = True  # its endpoint
    message_count: int = field(default=0, compare=False)  # as stored; a change builds on it

    @property
    def is_final(self) -> bool:
        return self.final_reason is not None

    @property
    def expires(self) -> int | None:
        """The last instant at which the session is not yet overdue, or None without a timeout."""
        if self.ttl_seconds is None or self.is_final:
            return None
        return self.last_activity + self.ttl_seconds * 1_000_000


@dataclass(frozen=True, slots=True)
class TurnResult:
    """The assistant turns of one round, the state that the round left, and the session as it was
    when they were given."""

    messages: tuple[Message, ...]
    state: str
    session: Session | None = None
