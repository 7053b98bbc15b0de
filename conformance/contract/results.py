"""What an end leaves behind, by the names of `x-resource`: call results, how they are searched, and
what the webhook sends."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from .parts import Json


class Named:
    """The name at a place of `x-resource`; empty where it has none."""

    def __init__(self, place: str) -> None:
        self.part, *self.steps = place.split(".")

    def __get__(self, holder: Any, _: type) -> str:
        found = getattr(holder, self.part)
        for step in self.steps:
            found = found.get(step, {})
        return found or ""


@dataclass(frozen=True)
class Left:
    """The members of a call result and of what the webhook sends."""

    result: Json

    identity, agent = Named("result.identity"), Named("result.agent")
    data, completed = Named("result.data"), Named("result.completed")

    @property
    def transcript(self) -> dict[str, str]:
        return {**self.result.get("transcript", {})}

    @property
    def fixed(self) -> dict[str, str]:
        return {**self.result.get("fixed", {})}


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
    """The members of a search and of a page of call results."""

    search: Json = field(default_factory=dict)

    items, total, pages = (Named(f"search.{role}") for role in ("items", "total", "pages"))
    number, size = Named("search.page.number"), Named("search.page.size")

    @cached_property
    def by_parameter(self) -> dict[str, Filter]:
        filters = self.search.get("filters", {})
        return {name: Filter.of(name, raw) for name, raw in filters.items()}

    def parameter(self, member: str, how: str = "") -> str:
        """The member of a search that is compared with this one; empty where none is."""
        found = self.by_parameter.values()
        return next((o.parameter for o in found if (o.member, o.how) == (member, how)), "")
