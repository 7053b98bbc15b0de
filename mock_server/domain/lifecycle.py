"""The state machine of a session, executed from the contract's `x-lifecycle` table.

Nothing here reads a clock, a store or a request: a step takes a session, an event and the
time, and gives the session that follows with the effects to carry out, or a refusal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from .session import Session


class LifecycleError(ValueError):
    """The table is unsound: `pointer` says where, the message why."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(reason)
        self.pointer = pointer


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
    """The table, checked when it is loaded: one row for every state and event."""

    def __init__(self, initial: str, rows: Mapping[tuple[str, str], Transition]) -> None:
        self.initial = initial
        self.rows = rows

    @classmethod
    def load(cls, table: Mapping[str, Any]) -> Self:
        """The machine of an `x-lifecycle` table. Raises LifecycleError if it is unsound."""
        rows: dict[tuple[str, str], Transition] = {}
        for index, raw in enumerate(table["transitions"]):
            row = Transition(**{**raw, "effects": tuple(raw["effects"])})
            _check_row(table, row, rows, f"/x-lifecycle/transitions/{index}")
            rows[row.state, row.event] = row
        for state in table["states"]:
            for event in table["events"]:
                if (state, event) not in rows:
                    raise LifecycleError("/x-lifecycle/transitions", f"no row for {state}, {event}")
        if table["initial"] not in table["states"]:
            raise LifecycleError("/x-lifecycle/initial", f"unknown state {table['initial']!r}")
        return cls(table["initial"], rows)

    def step(self, session: Session, event: str, now: int) -> Step:
        """What `event` at the instant `now` makes of the session."""
        row = self.rows[session.state, event]
        return Step(_follow(session, row, now), row.effects, row.refusal)


def _check_row(
    table: Mapping[str, Any], row: Transition, rows: Mapping[Any, Transition], pointer: str
) -> None:
    known = {
        "state": (row.state, table["states"]),
        "event": (row.event, table["events"]),
        "to": (row.to, table["states"]),
    }
    for member, (value, legal) in known.items():
        if value not in legal:
            raise LifecycleError(f"{pointer}/{member}", f"unknown {member} {value!r}")
    for index, effect in enumerate(row.effects):
        if effect not in table["effects"]:
            raise LifecycleError(f"{pointer}/effects/{index}", f"unknown effect {effect!r}")
    if (row.state, row.event) in rows:
        raise LifecycleError(pointer, f"a second row for {row.state}, {row.event}")
    _check_finality(row, pointer)


def _check_finality(row: Transition, pointer: str) -> None:
    finalises = "finalise" in row.effects
    if finalises != (row.reason is not None):
        raise LifecycleError(pointer, "a row has a reason if and only if it finalises")
    if finalises and row.state == "final":
        raise LifecycleError(f"{pointer}/effects", "a final session is not finalised again")
    wanted = "final" if finalises else row.state
    if row.to != wanted:
        reason = f"wanted {wanted!r}, got {row.to!r}: only what finalises changes the state"
        raise LifecycleError(f"{pointer}/to", reason)
    if row.state == "final" and row.event in ("submit", "finish") and row.refusal is None:
        # The store changes nothing of what is final, so the turn would be tried for ever.
        raise LifecycleError(pointer, "wanted a refusal, got none: what is final takes no turns")
    if row.state == "final" and row.effects:
        raise LifecycleError(f"{pointer}/effects", "wanted none: what is final never changes")
    if row.event == "expire" and row.state != "final" and not finalises:
        # It would be overdue for ever.
        raise LifecycleError(f"{pointer}/effects", "what expires is to be finalised")


def _follow(session: Session, row: Transition, now: int) -> Session:
    if "touch" in row.effects:
        session = replace(session, last_activity=max(now, session.last_activity))
    if "finalise" in row.effects:
        session = replace(session, state=row.to, final_reason=row.reason, finished=now)
    return session
