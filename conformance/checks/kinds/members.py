"""What may change of a session between two answers, by the lifecycle's table."""

from collections.abc import Iterator

from ...contract.document import Contract
from ...contract.rules import Rule
from ...judging.answer import Answer
from ...judging.equivalence import same_member
from ...judging.exchange import Json
from ...judging.memory import Change
from ...judging.outcomes import NotApplicable, expect, shown
from ...registry import every_exchange


@every_exchange("immutable", Answer.changes)
def check_a_member_stays(change: Change, rule: Rule, contract: Contract) -> None:
    """The members never change or, where a state is given, not while it lasts. A rule that names
    none is about each that the lifecycle has as immutable and no other rule names."""
    bodies = change.before, change.now
    if rule.given and not all(_is_in(contract, body, rule.given) for body in bodies):
        raise NotApplicable(f"no two answers in the state {rule.given}")
    if contract.reopening and not change.in_order:
        raise NotApplicable("the session may have gone on between the two")
    names = rule.members or tuple(_unnamed(contract, *bodies))
    both = [member for member in names if all(member in body for body in bodies)]
    transcript = contract.resource.transcript  # which a list may leave out
    left_out = change.transcripts is None or any(body.get(transcript) is None for body in bodies)
    if left_out and transcript in both:
        both.remove(transcript)
    if not both:
        raise NotApplicable("it lacks the members")
    for member in both:
        before, now = (body[member] for body in bodies)
        same = same_member(contract.resource, member, before, now)
        expect(same, f"{member} to stay {shown(before)}", shown(now))


def _unnamed(contract: Contract, *bodies: Json) -> Iterator[str]:
    """The immutable members of these sights of a session that no rule names. Of the time of the
    last event those tell that are about reading, and about each event."""
    rules = [one for one in contract.judged.values() if one.kind == "immutable"]
    for state, members in contract.lifecycle.immutable.items():
        if state == "always" or all(_is_in(contract, body, state) for body in bodies):
            named = {name for one in rules if one.given in ("", state) for name in one.members}
            yield from (name for name in members if name not in {*named, contract.resource.touched})


@every_exchange("reachable", Answer.successions)
def check_a_state_is_reachable(change: Change, rule: Rule, contract: Contract) -> None:
    """From the state given, a session is seen in no state that the table does not lead to."""
    if not _is_in(contract, change.before, rule.given):
        raise NotApplicable(f"it was not {rule.given}")
    ahead = sorted(contract.lifecycle.reachable(rule.given))
    fine = any(_is_in(contract, change.now, state) for state in ahead)
    got = {name: change.now.get(name) for name in contract.telling[rule.given]}
    expect(fine, f"the session to be {' or '.join(ahead)} from {rule.given} on", got)


def _is_in(contract: Contract, body: Json, state: str) -> bool:
    return all(body.get(name) == value for name, value in contract.telling[state].items())
