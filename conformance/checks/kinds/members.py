"""What may change of a session between two answers, by the lifecycle's table."""

from __future__ import annotations

from ...contract.document import Contract
from ...contract.rules import Rule
from ...judging.answer import Answer
from ...judging.equivalence import same_member
from ...judging.exchange import Json
from ...judging.memory import Change
from ...judging.outcomes import NotApplicable, expect, shown
from ...registry import every_exchange_kind


@every_exchange_kind("immutable", Answer.changes)
def check_a_member_stays(change: Change, rule: Rule, contract: Contract) -> None:
    """The members never change or, where a state is given, not while it lasts. A rule that names
    none is about each that the lifecycle has as immutable, in every state."""
    bodies = change.before, change.now
    immutable = contract.lifecycle.immutable
    states = [rule.given] if rule.given else [key for key in immutable if key != "always"]
    lasting = [state for state in states if all(_is_in(contract, body, state) for body in bodies)]
    if rule.given and not lasting:
        raise NotApplicable(f"no two answers in the state {rule.given}")
    known = () if rule.given else immutable["always"]
    names = rule.members or (
        *known,
        *(name for state in lasting for name in immutable.get(state, ())),
    )
    both = [name for name in names if all(name in body for body in bodies)]
    if contract.resource.transcript in both and change.transcripts is None:
        both.remove(contract.resource.transcript)  # which a list may leave out
    if not both:
        raise NotApplicable("SES-01 tells of it")
    for member in both:
        before, now = (body[member] for body in bodies)
        same = same_member(contract.resource, member, before, now)
        expect(same, f"{member} to stay {shown(before)}", shown(now))


@every_exchange_kind("reachable", Answer.successions)
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
