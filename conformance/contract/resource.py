"""What `x-resource` says: the names that carry the resource, and what is legal where a contract
leaves a choice."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .messages import Messages
from .parts import Json
from .results import Filter, Left, Named, Search


@dataclass(frozen=True)
class Resource:
    """The parts of `x-resource`, each name by its role."""

    operations: dict[str, str]
    members: dict[str, str]
    message: dict[str, str]
    request: Json
    state: Json
    refusals: dict[str, list[int]]
    list: Json
    unique: Json = field(default_factory=dict)
    idempotency: dict[str, str] = field(default_factory=dict)
    timer: dict[str, str] = field(default_factory=dict)
    result: Json = field(default_factory=dict)
    search: Json = field(default_factory=dict)

    id, agent = Named("members.identity"), Named("members.agent")
    channel, transcript = Named("members.channel"), Named("members.transcript")
    created, touched = Named("members.created"), Named("timer.since")
    timeout = Named("timer.after")
    status, mirror, reason = (Named(f"state.{role}") for role in ("member", "mirror", "reason"))
    text, data, note = (Named(f"request.{role}") for role in ("text", "data", "note"))
    key = Named("idempotency.member")
    items, total = Named("list.items"), Named("list.total")
    offset, limit = Named("list.page.offset"), Named("list.page.limit")

    @cached_property
    def left(self) -> Left:
        """What an end leaves behind."""
        return Left(self.result)

    @cached_property
    def searched(self) -> Search:
        return Search(self.search)

    @cached_property
    def messages(self) -> Messages:
        return Messages(self.message)

    @property
    def reserved(self) -> tuple[str, ...]:
        """Keys of the data that a server sets itself, whatever it is given."""
        return (*self.request.get("reserved", ()),)

    @property
    def latest(self) -> str:
        """The member that tells the latest of a session's times."""
        return self.touched or self.created

    @property
    def replies(self) -> bool:
        """Whether an agent replies; where none does, a turn is answered with its session."""
        return bool(self.agent)

    @property
    def endpoint(self) -> str:
        """The member of which there is, in a channel, one active session at most; empty where it
        may be shared."""
        name: str = self.unique.get("key", ("", ""))[1]
        return name

    @property
    def reuses(self) -> bool:
        """Whether a second open may be answered with the session that there is."""
        return "reuse" in self.unique.get("else", ())

    @property
    def conflict(self) -> tuple[int, ...]:
        """The statuses that may refuse a second open."""
        return tuple(answer for answer in self.unique.get("else", ()) if answer != "reuse")

    @property
    def finals(self) -> tuple[str, ...]:
        """The states of sessions that have ended."""
        return (*self.state["final"],)

    @cached_property
    def roles(self) -> dict[str, str]:
        """What each operation is to the resource."""
        return {id: role for role, id in self.operations.items()}

    def final(self, body: Any) -> bool | None:
        """Whether a session, or a turn's result, tells that it is final; None where it tells
        neither."""
        told = body.get(self.mirror or self.status) if isinstance(body, dict) else None
        if self.mirror:
            return told if isinstance(told, bool) else None
        return told in self.finals if isinstance(told, str) else None

    def role(self, operation: str) -> str:
        """What an operation is to the resource; one that has no name there is an act."""
        return self.roles.get(operation, "act")

    @cached_property
    def filters(self) -> tuple[Filter, ...]:
        return tuple(Filter.of(name, raw) for name, raw in self.list["filters"].items())

    @cached_property
    def filtering(self) -> dict[str, str]:
        """The parameter of the list that each member is compared with."""
        return {one.member: one.parameter for one in self.filters}

    @cached_property
    def all(self) -> str:
        """The word for sessions in any state."""
        return next(one.all for one in self.filters if one.all is not None)
