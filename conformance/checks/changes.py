"""LIFE: what may change of a session between two answers."""

from __future__ import annotations

from ..contract.document import Contract
from ..contract.rules import Rule
from ..judging.answer import Answer
from ..judging.equivalence import same_messages
from ..judging.memory import Change
from ..judging.outcomes import NotApplicable, Violation, expect, shown
from ..registry import every_exchange_kind


@every_exchange_kind("lasting", Answer.changes)
def check_a_message_stays_in_its_place(change: Change, _: Rule, __: Contract) -> None:
    if change.transcripts is None:
        raise NotApplicable("no two transcripts of a certain order")
    before, now = change.transcripts
    if same_messages(before, now[: len(before)]):
        return
    wanted = f"the {len(before)} messages seen before"
    expect(len(now) >= len(before), wanted, f"{len(now)} messages")
    place = next(i for i in range(len(before)) if not same_messages([before[i]], [now[i]]))
    raise Violation(f"message {place} to stay {shown(before[place])}", shown(now[place]))
