"""What an end leaves behind, by the names of `x-resource`: call results, how they are searched, and
what the webhook sends."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from .parts import Json


@dataclass(frozen=True)
class Left:
    """The members of a call result and of what the webhook sends; empty where one has no name."""

    identity: str = ""
    agent: str = ""
    profile: str = ""
    data: str = ""
    channel: str = ""
    created: str = ""
    completed: str = ""
    duration: str = ""
    outcome: dict[str, str] = field(default_factory=dict)
    transcript: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    further: tuple[str, ...] = ()

    @property
    def members(self) -> dict[str, str]:
        """The name of each member by its role: those that are neither fixed nor a deployment's."""
        named = {role: name for role, name in vars(self).items() if isinstance(name, str) and name}
        objects = {"outcome": self.outcome, "transcript": self.transcript}
        return named | {role: one["member"] for role, one in objects.items() if one}


@dataclass(frozen=True)
class Filter:
    """A parameter of a list or a member of a search, and what it is compared with: the member is
    that, or one of a list, unless `how` says otherwise. `all` lets everything through."""

    parameter: str
    member: str
    how: str = ""  # all, later, from, until, paths
    all: str | None = None

    @classmethod
    def of(cls, parameter: str, raw: Any) -> Self:
        if isinstance(raw, str):
            return cls(parameter, raw)
        (how,) = raw.keys() - {"member"}
        return cls(parameter, raw["member"], how, raw.get("all"))


@dataclass(frozen=True)
class Search:
    """The members of a search and of a page of call results; empty where one has no name."""

    items: str = ""
    total: str = ""
    pages: str = ""
    page: dict[str, str] = field(default_factory=dict)
    filters: Json = field(default_factory=dict)

    @property
    def number(self) -> str:
        return self.page.get("number", "")

    @property
    def size(self) -> str:
        return self.page.get("size", "")

    @cached_property
    def by_parameter(self) -> dict[str, Filter]:
        return {name: Filter.of(name, raw) for name, raw in self.filters.items()}

    def parameter(self, member: str, how: str = "") -> str:
        """The member of a search that is compared with this one; empty where none is."""
        found = self.by_parameter.values()
        return next((o.parameter for o in found if (o.member, o.how) == (member, how)), "")
