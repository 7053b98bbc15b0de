"""What earlier answers have told of each session, beside what an answer tells now."""

from dataclasses import dataclass
from typing import Any

from ..contract.ids import canonical
from .exchange import Exchange, Json


@dataclass
class Snapshot:
    """A session as it was last answered. `at` is when that answer had come, monotonic seconds;
    `opened` when it was asked for, by an open that no answer had told of before."""

    session: Json
    at: float
    opened: float | None
    messages: list[Any] | None
    messages_at: float


@dataclass(frozen=True)
class Change:
    """A session as an earlier answer had it, and as it is now.

    `in_order` tells whether the earlier answer had come before the later one was asked for.
    `transcripts` are the two transcripts where that is certain of them, too. `age` is how many
    seconds the session has at most been there, where this run has opened it.
    """

    before: Json
    now: Json
    in_order: bool
    transcripts: tuple[list[Any], list[Any]] | None
    age: float | None


class Memory:
    """The last snapshot of each session."""

    def __init__(self) -> None:
        self.snapshots: dict[str, Snapshot] = {}

    def compare(self, session: Json, exchange: Exchange) -> Change | None:
        """The change that this answer shows, which is then the last one; None of a first."""
        key = canonical(session.get(exchange.resource.id))
        found = session.get(exchange.resource.transcript)
        messages = found if isinstance(found, list) else None
        before = self.snapshots.get(key)
        if before is None:
            at = exchange.finished
            opened = exchange.started if exchange.role == "create" else None
            self.snapshots[key] = Snapshot(session, at, opened, messages, at)
            return None
        in_order = exchange.started > before.at
        later = messages is not None and exchange.started > before.messages_at
        told = before.messages if later else None
        transcripts = None if messages is None or told is None else (told, messages)
        age = None if before.opened is None else exchange.finished - before.opened
        change = Change(before.session, session, in_order, transcripts, age)
        if in_order:
            before.session, before.at = session, exchange.finished
        if later:
            before.messages, before.messages_at = messages, exchange.finished
        return change
