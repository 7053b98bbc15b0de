"""LIFE: what may change of a session between two answers."""

from __future__ import annotations

from ..judging.answer import Answer
from ..judging.equivalence import same_messages
from ..judging.memory import Change
from ..judging.outcomes import NotApplicable, Violation, expect, shown
from ..registry import every_exchange


@every_exchange("LIFE-10", Answer.changes)
def check_a_message_stays_in_its_place(change: Change) -> None:
    if change.transcripts is None:
        raise NotApplicable("no two transcripts of a certain order")
    before, now = change.transcripts
    if same_messages(before, now[: len(before)]):
        return
    wanted = f"the {len(before)} messages seen before"
    expect(len(now) >= len(before), wanted, f"{len(now)} messages")
    place = next(i for i in range(len(before)) if not same_messages([before[i]], [now[i]]))
    raise Violation(f"message {place} to stay {shown(before[place])}", shown(now[place]))
