"""The state machine of `x-lifecycle`: what each event makes of each state."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

# What every contract has: a turn, one that the agent makes the last one, one of old, an explicit
# end and a timeout.
EVENTS = TURN, FINISH, REPLAY, END, EXPIRE = "submit", "finish", "replay", "end", "expire"


@dataclass(frozen=True)
class Transition:
    """One row of the table."""

    state: str
    event: str
    to: str
    effects: tuple[str, ...]
    reason: str | None = None
    refusal: str | None = None


class Lifecycle:
    """The table: one row for every state and event."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.initial: str = table["initial"]
        self.states: dict[str, str] = table["states"]
        self.causes: dict[str, str | None] = {
            name: event["operation"] for name, event in table["events"].items()
        }
        self.immutable: dict[str, list[str]] = table["immutable"]
        rows = [Transition(**row | {"effects": (*row["effects"],)}) for row in table["transitions"]]
        self.rows = {(row.state, row.event): row for row in rows}

    def row(self, state: str, event: str) -> Transition:
        """What an event makes of a state; where nobody replies, a last turn is one like any."""
        replies = event not in (FINISH, REPLAY) or event in self.causes
        return self.rows[state, event if replies else TURN]

    def does(self, effect: str, event: str) -> bool:
        """Whether an event has this effect on what is in the initial state."""
        return effect in self.row(self.initial, event).effects

    def is_timed(self, event: str) -> bool:
        """Whether an event comes by itself, with time."""
        return event in self.causes and self.causes[event] is None

    def ways(self, state: str) -> Iterator[Transition]:
        """The rows that lead from another state into this one."""
        for row in self.rows.values():
            if row.state != state == row.to:
                yield row

    def path(self, start: str, state: str) -> list[Transition] | None:
        """The fewest rows by which a client brings a resource from one state to another, and
        None where it cannot. A replay leads nowhere, and what finishes is left to the agent."""
        ahead: list[tuple[str, list[Transition]]] = [(start, [])]
        seen = {start}
        for here, rows in ahead:
            if here == state:
                return rows
            for row in self.rows.values():
                if row.state == here and row.to not in seen and self.is_sent(row.event):
                    seen.add(row.to)
                    ahead.append((row.to, [*rows, row]))
        return None

    def is_sent(self, event: str) -> bool:
        """Whether a client brings an event about, whatever the agent says."""
        return self.causes.get(event) is not None and event != FINISH

    @cached_property
    def turned(self) -> list[str]:
        """The states that a resource is in while turns alone happen to it, the first one first."""
        found = [self.initial]
        while (state := self.row(found[-1], TURN).to) not in found:
            found.append(state)
        return found

    @property
    def ended(self) -> str:
        """The state that an end leads to."""
        return self.row(self.initial, END).to

    @property
    def closed(self) -> str:
        """The state that the agent's finish leads to."""
        return self.row(self.initial, FINISH).to

    @cached_property
    def keeps_turns(self) -> bool:
        """Whether a turn stays in the transcript."""
        return self.does("append", TURN)

    @cached_property
    def acts(self) -> list[str]:
        """The events of a contract's own, which a client brings about by their operations."""
        return [event for event, cause in self.causes.items() if cause and event not in EVENTS]

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

    def of(self, operation: str | None) -> str:
        """The event that an operation brings about wherever nothing else is said."""
        plain = (name for name, cause in self.causes.items() if cause == operation)
        return next(name for name in plain if name not in (FINISH, REPLAY))

    def freezes(self, member: str, state: str | None = None) -> bool:
        """Whether a member never changes: always or, if told, while in a state."""
        return any(member in self.immutable.get(key, ()) for key in ("always", state or ""))
