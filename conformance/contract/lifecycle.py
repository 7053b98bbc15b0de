"""The state machine of `x-lifecycle`: what each event makes of each state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FINISH, REPLAY = "finish", "replay"  # a turn that the agent makes the last one; a turn of old


@dataclass(frozen=True)
class Transition:
    """One row of the table."""

    state: str
    event: str
    to: str
    reason: str | None
    refusal: str | None
    effects: tuple[str, ...]


class Lifecycle:
    """The table: one row for every state and event."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.initial: str = table["initial"]
        self.states: dict[str, str] = table["states"]
        self.causes: dict[str, str | None] = {
            name: event["operation"] for name, event in table["events"].items()
        }
        self.immutable: dict[str, list[str]] = table["immutable"]
        rows = [_transition(row) for row in table["transitions"]]
        self.rows = {(row.state, row.event): row for row in rows}

    def row(self, state: str, event: str) -> Transition:
        return self.rows[state, event]

    def does(self, effect: str, event: str) -> bool:
        """Whether an event has this effect on what is in the initial state."""
        return effect in self.row(self.initial, event).effects

    def is_timed(self, event: str) -> bool:
        """Whether an event comes by itself, with time."""
        return event in self.causes and self.causes[event] is None

    def ways(self, state: str) -> Iterator[Transition]:
        """The rows that lead from the initial state into this one."""
        for row in self.rows.values():
            if row.state == self.initial != state == row.to:
                yield row

    def reachable(self, state: str) -> frozenset[str]:
        """The states that a resource may be in once it was in this one."""
        found, ahead = {state}, [state]
        while ahead:
            here = ahead.pop()
            new = {row.to for row in self.rows.values() if row.state == here} - found
            found |= new
            ahead += new
        return frozenset(found)

    def reason(self, event: str) -> str | None:
        """Why a resource is in the state that an event leads it to from the initial one."""
        return self.row(self.initial, event).reason

    def of(self, operation: str) -> str:
        """The event that an operation brings about wherever nothing else is said."""
        plain = (name for name, cause in self.causes.items() if cause == operation)
        return next(name for name in plain if name not in (FINISH, REPLAY))

    def freezes(self, member: str, state: str | None = None) -> bool:
        """Whether a member never changes: always or, if told, while in a state."""
        return any(member in self.immutable.get(key, ()) for key in ("always", state or ""))


def _transition(row: dict[str, Any]) -> Transition:
    reason, refusal = row.get("reason"), row.get("refusal")
    return Transition(row["state"], row["event"], row["to"], reason, refusal, (*row["effects"],))
