"""What the words of the lifecycle mean for the resource: the contract's `x-resource`.

The mock works with names of its own, `Session.agent_id` or a `SessionQuery`; what is taken is read
into them, and what is given is written from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from .result import Result

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filter:
    """A parameter that is compared with a member: with a later one, or let through by `all`."""

    parameter: str
    member: str
    all: str | None = None
    later: bool = False

    @classmethod
    def load(cls, parameter: str, raw: Any) -> Self:
        """The filter of an entry, which names a member alone or says more of it."""
        return cls(parameter, **(raw if isinstance(raw, dict) else {"member": raw}))


@dataclass(frozen=True, slots=True)
class Resource:
    """The declaration of a contract that is sound, part by part as it is written there.

    `taken` are the mock's names of what a body holds, `asked` those of what a query does, and
    `roles` those of the operations, each by that of the contract; `events` are those of operations
    that bring about an event alone.
    """

    operations: Names
    members: Names
    message: Names
    request: Mapping[str, Any]
    state: Mapping[str, Any]
    unique: Mapping[str, Any]
    timer: Names
    refusals: Mapping[str, tuple[int, ...]]
    list: Mapping[str, Any]
    filters: tuple[Filter, ...]
    taken: Names
    asked: Names
    roles: Names
    events: Names
    shown: Mapping[str, Any]
    reserved: Mapping[str, bool]
    result: Result

    @classmethod
    def load(
        cls, declaration: Mapping[str, Any], acts: Names, shown: Mapping[str, Any], result: Result
    ) -> Self:
        """The view of an `x-resource`; `acts` are the operations of further events, by event,
        `shown` the further members that sessions show, with their defaults, and `result` what an
        end leaves."""
        raw = {name: declaration[name] for name in ("operations", "members", "message", "request")}
        raw |= {name: declaration.get(name, {}) for name in ("state", "unique", "timer", "list")}
        filters = (*(Filter.load(*one) for one in declaration["list"]["filters"].items()),)
        refusals = {name: (*codes,) for name, codes in declaration["refusals"].items()}
        roles = {id: role for role, id in declaration["operations"].items()}
        events = {id: event for event, id in acts.items()}
        roles |= dict.fromkeys(events, "act")
        taken, asked = _taken(declaration), _asked(declaration, filters)
        views: dict[str, Any] = {
            "taken": taken,
            "asked": asked,
            "roles": roles,
            "events": events,
            "shown": shown,
            "reserved": _reserved(declaration),
            "result": result,
        }
        return cls(**raw, **views, refusals=refusals, filters=filters)

    def body(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a body holds, by the mock's names."""
        read = _renamed(given, self.taken)
        if self.shown:
            read["members"] = {name: given[name] for name in self.shown if name in given}
        return read

    def query(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a query asks for, by the mock's names."""
        read = _renamed(given, self.asked)
        if read.get("state") == self.every:
            del read["state"]
        if self.shown:
            read["members"] = {
                one.member: given[one.parameter]
                for one in self.filters
                if one.member in self.shown and one.parameter in given
            }
        return read

    def overriding(self, channel: str) -> dict[str, str]:
        """What the server sets of the data that an agent is given: the channel, and nothing that
        it reserves beside it."""
        return {key: channel if is_channel else "" for key, is_channel in self.reserved.items()}

    @property
    def replies(self) -> bool:
        """Whether an agent replies; where none does, a turn is answered with its session."""
        return "agent" in self.members

    @property
    def every(self) -> str | None:
        """The word of the list for all states."""
        return next((one.all for one in self.filters if one.all is not None), None)


def _taken(declaration: Mapping[str, Any]) -> Names:
    members, request = declaration["members"], declaration["request"]
    taken = {
        members.get("agent"): "agent_id",
        members.get("channel"): "channel",
        declaration["unique"]["key"][1] if "unique" in declaration else None: "external_id",
        declaration.get("timer", {}).get("after"): "ttl_seconds",
        declaration.get("idempotency", {}).get("member"): "idempotency_key",
        request.get("data"): "additional_data",
        request["text"]: "content",
        request.get("note"): "note",
    }
    return {name: own for name, own in taken.items() if name}


def _asked(declaration: Mapping[str, Any], filters: tuple[Filter, ...]) -> Names:
    members, state, page = (
        declaration["members"],
        declaration["state"],
        declaration["list"]["page"],
    )
    fields = {
        members.get("agent"): "agent_id",
        members.get("channel"): "channel",
        members["created"]: "created_after",
        declaration.get("timer", {}).get("since"): "updated_after",
        state["member"]: "state",
        state.get("reason"): "reason",
    }
    asked = {page["offset"]: "skip", page["limit"]: "take"}
    return {
        **asked,
        **{one.parameter: fields[one.member] for one in filters if one.member in fields},
    }


def _reserved(declaration: Mapping[str, Any]) -> Mapping[str, bool]:
    """The keys of the data that the server sets, and whether each is the channel."""
    channel = declaration["members"].get("channel", "")
    keys = (channel, *declaration["request"].get("reserved", ()))
    return {key: key.casefold() == channel.casefold() for key in keys if key}


def _renamed(given: Mapping[str, Any], names: Names) -> dict[str, Any]:
    return {own: given[name] for name, own in names.items() if name in given}
