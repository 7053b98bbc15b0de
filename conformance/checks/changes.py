"""LIFE, TIME: what may change of a session between two answers."""

from __future__ import annotations

from ..judging.answer import Answer
from ..judging.equivalence import goes_back, same_messages, same_time
from ..judging.memory import Change
from ..judging.outcomes import NotApplicable, Violation, expect, shown
from ..registry import every_exchange


@every_exchange("LIFE-02", Answer.successions)
def check_a_final_session_stays_final(change: Change) -> None:
    if change.before.get("is_final") is not True:
        raise NotApplicable("it was active")
    expect(change.now.get("is_final") is True, "the session to stay final", "it is active")


@every_exchange("LIFE-05", Answer.changes)
def check_a_reason_stays(change: Change) -> None:
    reason = change.before.get("final_reason")
    if not (reason and change.before.get("is_final") is True is change.now.get("is_final")):
        raise NotApplicable("no two final answers")
    expect_same(change, "final_reason")


@every_exchange("LIFE-06", Answer.changes)
def check_the_agent_stays(change: Change) -> None:
    expect_same(change, "agent_id")


@every_exchange("LIFE-07", Answer.changes)
def check_what_an_open_has_set_stays(change: Change) -> None:
    expect_same(change, "channel", "created_time", "ttl_seconds")


def expect_same(change: Change, *members: str) -> None:
    """Those of the members that both answers have are the same."""
    both = [member for member in members if member in change.before and member in change.now]
    if not both:
        raise NotApplicable("SES-01 tells of it")
    for member in both:
        before, now = change.before[member], change.now[member]
        same = same_time(before, now) if member == "created_time" else before == now
        expect(same, f"{member} to stay {shown(before)}", shown(now))


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


@every_exchange("TIME-04", Answer.successions)
def check_activity_never_goes_back(change: Change) -> None:
    before, now = change.before.get("last_activity"), change.now.get("last_activity")
    expect(not goes_back(before, now), f"a last_activity not before {shown(before)}", now)
