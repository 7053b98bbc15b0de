"""Whether the answers to concurrent requests fit some order of those requests.

After Wing and Gong (1993): a history is legal when its events can be put in a sequence that
keeps to real time (what ended before another began stays before it) and in which the
sequential lifecycle explains every answer. Pure: no I/O, no clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from ..contract.document import Contract
from ..contract.lifecycle import END, FINISH, REPLAY, TURN, Transition
from ..contract.resource import Resource
from .exchange import ABSENT, Exchange
from .outcomes import Blocked

Said = tuple[str, str]  # a message's role and text
MOST_STATES = 20_000  # of a history that are looked at; an honest one has some hundred


@dataclass(frozen=True)
class Event:
    """One request on one session with its answer; the times are monotonic seconds."""

    name: str
    started: float
    finished: float
    status: int
    text: str = ""
    key: str | None = None
    said: tuple[Said, ...] = ()
    final: bool | None = None
    reason: str | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def overlaps(self, other: Self) -> bool:
        return self.started < other.finished and other.started < self.finished


@dataclass(frozen=True)
class State:
    """The session as the model has it: its transcript, its end, and the keys answered."""

    contract: Contract
    said: tuple[Said, ...] = ()
    state: str = ""  # the initial one, where none is told
    reason: str | None = None
    replies: tuple[tuple[str, tuple[Said, ...]], ...] = ()

    @property
    def final(self) -> bool:
        return self.reason is not None

    def row(self, event: str) -> Transition:
        """What an event makes of the session now."""
        lifecycle = self.contract.lifecycle
        return lifecycle.row(self.state or lifecycle.initial, event)

    def refused(self, event: str) -> tuple[int, ...]:
        row = self.row(event)
        return self.contract.refused(row.state, row.event)

    def turned(self, event: str, text: str, key: str | None, answered: tuple[Said, ...]) -> Self:
        """The session with a turn that was taken, in the state in which it was."""
        effects, resource = self.row(event).effects, self.contract.resource
        after = self
        if "append" in effects:
            said = resource.messages.user, text
            told = said, *(answered if resource.replies else ())
            after = replace(after, said=(*self.said, *told))
        if key and "remember" in effects:
            after = replace(after, replies=(*self.replies, (key, answered)))
        return after

    def then(self, event: str) -> Self:
        """The session as the event leaves it; a reason once told stays until what has ended goes
        on."""
        row = self.row(event)
        reason = None if row in self.contract.reopening else self.reason or row.reason
        return replace(self, state=row.to, reason=reason)


def event_of(exchange: Exchange, text: str = "", key: str | None = None) -> Event:
    """The event that an exchange is: a submit, an end or a get."""
    body: Any = exchange.json if exchange.ok and exchange.json is not ABSENT else {}
    names, resource = {"submit": "submit", "end": "end", "read": "get"}, exchange.resource
    return Event(
        name=names[exchange.role or ""],
        started=exchange.started,
        finished=exchange.finished,
        status=exchange.status,
        text=text,
        key=key,
        said=said(resource, body.get(resource.transcript) or ()),
        final=resource.final(body),
        reason=body.get(resource.reason),
    )


def said(resource: Resource, messages: Iterable[Any]) -> tuple[Said, ...]:
    names = resource.messages
    return tuple((str(message.get(names.role)), names.text_of(message)) for message in messages)


def serialisation(start: State, events: Sequence[Event]) -> list[Event] | None:
    """A legal order of the events, or None when there is none. Blocked where there are too many
    to look at: of such a history nothing is known."""
    seen: set[tuple[frozenset[int], State]] = set()

    def search(left: frozenset[int], state: State, order: list[Event]) -> list[Event] | None:
        if not left:
            return order
        if (left, state) in seen:
            return None
        seen.add((left, state))
        if len(seen) > MOST_STATES:
            raise Blocked(f"the answers fit more than {MOST_STATES} orders, too many to look at")
        for place in sorted(left):
            event = events[place]
            if any(events[other].finished < event.started for other in left):
                continue  # something that had ended before must come first
            for after in step(state, event, events):
                found = search(left - {place}, after, [*order, event])
                if found is not None:
                    return found
        return None

    return search(frozenset(range(len(events))), start, [])


def step(state: State, event: Event, events: Sequence[Event]) -> list[State]:
    """The states that the event may lead to if it happened now; none where its answer is
    not one that the lifecycle gives in this state."""
    if event.name == "submit":
        return _submit(state, event, events)
    return _end(state, event) if event.name == "end" else _get(state, event)


def _submit(state: State, event: Event, events: Sequence[Event]) -> list[State]:
    earlier = dict(state.replies).get(event.key or "") if event.key else None
    refusals = state.refused(TURN if earlier is None else REPLAY)
    if not event.ok:
        in_flight = state.contract.resource.refusals.get("turn-in-flight", ())
        busy = event.status in in_flight and any(
            other.name == "submit" and other is not event and other.overlaps(event)
            for other in events
        )
        return [state] if busy or event.status in refusals else []
    answered = state.contract.resource.replies
    if earlier is not None:
        same = earlier == event.said or (not answered and _goes_on(state, event))
        return [state] if same and not refusals else []
    if state.final:
        return []
    turn = FINISH if event.final else TURN
    after = state.turned(turn, event.text, event.key, event.said)
    if not _goes_on(after, event):
        return []
    if not event.final:
        return [after.then(turn)]
    # Final as it was answered: by the agent, or by an end that came while it was under way.
    ended = any(other.name == "end" and other.overlaps(event) for other in events)
    return [after.then(FINISH), *([after.then(TURN)] if ended else [])]


def _goes_on(state: State, event: Event) -> bool:
    """Whether the answer of a turn, where it is a session, shows all that was said; more may have
    been said until it was given."""
    told = event.said[: len(state.said)]
    return state.contract.resource.replies or told == state.said


def _end(state: State, event: Event) -> list[State]:
    if refusals := state.refused(END):
        return [state] if event.status in refusals else []
    after = state.then(END)
    return [after] if event.ok and _shows(after, event) else []


def _get(state: State, event: Event) -> list[State]:
    return [state] if event.ok and _shows(state, event) else []


def _shows(state: State, event: Event) -> bool:
    tells = bool(state.contract.resource.reason)
    fine = event.reason == state.reason if tells else event.reason is None
    return fine and (event.final, event.said) == (state.final, state.said)


def timeline(events: Sequence[Event]) -> str:
    """The history in one line: when each request ran, in ms, and what it was answered."""
    begun = min(event.started for event in events)
    return "; ".join(
        f"{(event.started - begun) * 1000:.1f}-{(event.finished - begun) * 1000:.1f} ms"
        f" {event.name} {event.status}{_outcome(event)}"
        for event in sorted(events, key=lambda event: event.started)
    )


def _outcome(event: Event) -> str:
    if event.name == "submit":
        return f" {event.text[-10:]!r}{' final' if event.final else ''}"
    return f" {event.reason or 'active'}, {len(event.said)} messages"
