"""The state machine of a session, executed from the contract's `x-lifecycle` table.

Nothing here reads a clock, a store or a request: a step takes a session, an event and the
time, and gives the session that follows with the effects to carry out, or a refusal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from .resource import Resource
from .session import Session


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table."""

    state: str
    event: str
    to: str
    reason: str | None = None
    refusal: str | None = None
    effects: tuple[str, ...] = ()
    holds: bool = True
    reopens: bool = False

    @property
    def changes(self) -> bool:
        """Whether the session is another one afterwards."""
        return bool(self.effects) or self.to != self.state


@dataclass(frozen=True, slots=True)
class Step:
    """What an event leads to: the session that follows, the effects, or a refusal's name."""

    session: Session
    effects: tuple[str, ...]
    refusal: str | None
    changes: bool


class Lifecycle:
    """The table: one row for every state and event; in the states `holding` a session has its
    endpoint for itself."""

    def __init__(
        self,
        initial: str,
        finals: tuple[str, ...],
        holding: frozenset[str],
        rows: Mapping[tuple[str, str], Transition],
    ) -> None:
        self.initial, self.finals, self.holding, self.rows = initial, finals, holding, rows

    @classmethod
    def load(cls, table: Mapping[str, Any], resource: Resource) -> Self:
        """The machine of an `x-lifecycle` table that is sound."""
        holding = frozenset(resource.unique.get("while", ()))
        finals = (*resource.state["final"],)
        rows = (
            Transition(
                **{**raw, "effects": (*raw["effects"],), "holds": raw["to"] in holding},
                reopens=raw["state"] in finals and raw["to"] not in finals,
            )
            for raw in table["transitions"]
        )
        return cls(table["initial"], finals, holding, {(row.state, row.event): row for row in rows})

    @property
    def expires(self) -> bool:
        return (self.initial, "expire") in self.rows

    @property
    def states(self) -> list[str]:
        return [*dict.fromkeys(state for state, _ in self.rows)]

    @property
    def reopens(self) -> bool:
        """Whether a session that has ended may go on."""
        return any(row.reopens for row in self.rows.values())

    def step(self, session: Session, event: str, now: int) -> Step:
        """What `event` at the instant `now` makes of the session."""
        row = self.rows[session.state, event]
        return Step(_follow(session, row, now), row.effects, row.refusal, row.changes)


def _follow(session: Session, row: Transition, now: int) -> Session:
    changed: dict[str, Any] = {}
    if "touch" in row.effects:
        changed["last_activity"] = max(now, session.last_activity)
    if row.to != row.state:
        changed.update(state=row.to, holds=row.holds)
    if "finalise" in row.effects:
        changed.update(final_reason=row.reason, finished=now)
    if row.reopens:
        changed.update(final_reason=None, finished=None)
    return replace(session, **changed) if changed else session
