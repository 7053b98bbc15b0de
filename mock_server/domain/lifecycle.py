"""The state machine of a session, executed from the contract's `x-lifecycle` table.

Nothing here reads a clock, a store or a request: a step takes a session, an event and the
time, and gives the session that follows with the effects to carry out, or a refusal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

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


@dataclass(frozen=True, slots=True)
class Step:
    """What an event leads to: the session that follows, the effects, or a refusal's name."""

    session: Session
    effects: tuple[str, ...]
    refusal: str | None


class Lifecycle:
    """The table: one row for every state and event."""

    def __init__(self, initial: str, rows: Mapping[tuple[str, str], Transition]) -> None:
        self.initial = initial
        self.rows = rows

    @classmethod
    def load(cls, table: Mapping[str, Any], states: Mapping[str, str]) -> Self:
        """The machine of an `x-lifecycle` table that is sound; `states` are the mock's names."""
        rows = (
            Transition(
                **{
                    **raw,
                    "state": states.get(raw["state"], raw["state"]),
                    "to": states.get(raw["to"], raw["to"]),
                    "effects": (*raw["effects"],),
                }
            )
            for raw in table["transitions"]
        )
        return cls("active", {(row.state, row.event): row for row in rows})

    def step(self, session: Session, event: str, now: int) -> Step:
        """What `event` at the instant `now` makes of the session."""
        row = self.rows[session.state, event]
        return Step(_follow(session, row, now), row.effects, row.refusal)


def _follow(session: Session, row: Transition, now: int) -> Session:
    if "touch" in row.effects:
        session = replace(session, last_activity=max(now, session.last_activity))
    if "finalise" in row.effects:
        session = replace(session, state=row.to, final_reason=row.reason, finished=now)
    return session
