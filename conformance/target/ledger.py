"""Every session that a run opened, and what it may write to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..contract.ids import canonical
from ..judging.exchange import ABSENT, Exchange, Json
from ..judging.outcomes import Blocked
from .ledger_file import LedgerFile
from .retry import READING


class ForeignWrite(Exception):
    """A fault of the suite: a check would have written to a session that is not the run's."""


@dataclass
class Ledger:
    """Every session that the run opened, and which of them it has seen final.

    `unknown_ids` name no session, and checks write to them on purpose; `foreign` are sessions
    that the target gave and that cannot be proved to be the run's own; `unanswered` the
    channels of opens without an answer, so that nobody knows what they opened, and that count
    as open; `unconfirmed` those of opens that were answered without a session, though there
    may be one.
    """

    max_sessions: int
    max_turns: int
    opened: dict[str, str] = field(default_factory=dict)
    final: set[str] = field(default_factory=set)
    unknown_ids: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    unanswered: list[str] = field(default_factory=list)
    unconfirmed: set[str] = field(default_factory=set)
    turns: int = 0
    opening: int = 0
    file: LedgerFile | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    # Before a request is sent.

    @contextmanager
    def admit(self, draft: Exchange, id: str) -> Iterator[None]:
        """Hold a place in the budget while a request is under way that may go, by what it costs
        and whom it touches; `id` is the one in its path, of whatever form, empty for none."""
        if id and draft.method not in READING:
            self._forbid_foreign(id)
        turns, opens = draft.role == "submit", draft.role == "create"
        with self.lock:
            if turns and self.turns >= self.max_turns:
                raise Blocked(f"the budget of {self.max_turns} turns is used up")
            taken = len(self.opened) + len(self.unanswered) + self.opening
            if opens and taken >= self.max_sessions:
                raise Blocked(f"the budget of {self.max_sessions} sessions is used up")
            self.turns += turns
            self.opening += opens
        try:
            yield
        finally:
            with self.lock:
                self.opening -= opens

    def owns(self, id: str) -> bool:
        """Whether the run may write to this id."""
        return canonical(id) in self.opened or canonical(id) in self.unknown_ids

    def _forbid_foreign(self, id: str) -> None:
        if canonical(id) in self.foreign:
            raise Blocked(f"an open gave {id}, of another channel: it may be somebody else's")
        if not self.owns(id):
            raise ForeignWrite(f"{id} was not opened by this run, and so is not written to")

    # After it.

    def lose(self, draft: Exchange) -> None:
        """Remember where an open without an answer may have opened a session."""
        if draft.role == "create":
            self.unanswered.append(str(draft.sent.get(draft.resource.channel)))

    def enter(self, exchange: Exchange) -> None:
        """Enter every session that the target says exists, whatever check asked for it."""
        body, names = exchange.json, exchange.resource
        named = isinstance(body, dict) and isinstance(body.get(names.id), str)
        if exchange.role == "create" and not named:
            if exchange.ok or exchange.status >= 500:  # a gateway may not know what it hides
                self.unconfirmed.add(str(exchange.sent.get(names.channel)))
        if not exchange.ok or body is ABSENT or not isinstance(body, dict):
            return
        id = body.get(names.id)
        if exchange.role == "create" and isinstance(id, str):
            if _is_own(exchange, body):
                self.note_open(id)
            elif not self.owns(id):
                self.foreign.add(canonical(id))
        if exchange.role in ("read", "end", "act") and names.final(body):
            self.note_final(str(id))

    def note_open(self, id: str) -> None:
        with self.lock:
            if canonical(id) not in self.opened:
                self.opened[canonical(id)] = id
                if self.file:
                    self.file.note_open(id)

    def reopen(self, id: str) -> None:
        """Count a session as open, also where it was seen final."""
        with self.lock:
            if id in self.final:
                self.final.remove(id)
                if self.file:
                    self.file.note_open(self.opened[id])

    def note_final(self, id: str) -> None:
        with self.lock:
            if canonical(id) not in self.final:
                self.final.add(canonical(id))
                if self.file:
                    self.file.note_final(id)

    @property
    def unproven(self) -> set[str]:
        """The foreign sessions that no later answer has proved to be the run's own."""
        return self.foreign - self.opened.keys()

    @property
    def left_open(self) -> list[str]:
        """The sessions opened and not seen final, as the target spells them."""
        with self.lock:
            return [id for key, id in self.opened.items() if key not in self.final]


def _is_own(exchange: Exchange, session: Json) -> bool:
    """Whether an open surely gave a session of this run. A duplicate is answered with what is
    there already, which in another channel than ours is somebody else's."""
    sent, names = exchange.sent, exchange.resource
    new = exchange.status == 201 or sent.get(names.endpoint) is None
    return new or session.get(names.channel) == sent.get(names.channel)
