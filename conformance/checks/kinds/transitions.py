"""What an event is answered with and leaves behind, by the row of the lifecycle's table."""

from __future__ import annotations

from ...contract.declaration import Resource
from ...contract.lifecycle import REPLAY, Transition
from ...contract.rules import Rule
from ...judging.equivalence import change, instant, same_messages, same_time
from ...judging.exchange import Exchange, Json
from ...judging.outcomes import Blocked, NotApplicable, expect, shown
from ...registry import kind
from ...target.api import Api
from ..timeouts import Timeouts
from .arrange import body_of, expect_state, subjects


@kind("transition", "smoke", sessions=2, turns=4)
def check_a_transition(api: Api, rule: Rule, timeouts: Timeouts | None) -> None:
    """The event is refused, or leads to the state and the reason that the table has."""
    resource = api.contract.resource
    row, reason = api.contract.row_of(rule), resource.state["reason"]
    for subject in subjects(api, rule, timeouts):
        answer = subject.meet(rule.when)
        if row.refusal:
            answer.expect_status(*api.contract.refused(row.state, row.event))
            continue
        body = body_of(answer.expect_ok())
        expect_state(api, body, row.to)
        if row.reason and reason not in body:  # a turn's result does not tell it
            body = api.get(subject.id).session
            expect_state(api, body, row.to)
        if row.reason:
            got = body[reason]
            expect(got == row.reason, f"{reason} {row.reason}", shown(got))


@kind("kept", "smoke", turns=1)
def check_a_transition_is_kept(api: Api, rule: Rule, timeouts: Timeouts | None) -> None:
    """What the event leads to is what is retrieved afterwards."""
    row = api.contract.row_of(rule)
    for subject in subjects(api, rule, timeouts):
        if not subject.meet(rule.when).ok:
            raise Blocked(f"the event is refused, see {subject.blaming('transition', rule.when)}")
        expect_state(api, api.get(subject.id).session, row.to)


@kind("unchanged", "smoke", sessions=2, turns=6)
def check_nothing_changes(api: Api, rule: Rule, timeouts: Timeouts | None) -> None:
    """The event changes no member, or none of those told, but what the row's effects do."""
    row = api.contract.row_of(rule)
    resource, replay = api.contract.resource, rule.when == REPLAY
    for subject in subjects(api, rule, timeouts):
        before = _judged(subject.still(rule.given), rule, row, resource)
        answers = [subject.meet(rule.when)]
        if api.contract.lifecycle.causes[rule.when] == resource.operations["submit"] and not replay:
            keyed = {resource.idempotency["member"]: api.key()}
            answers.append(subject.meet(rule.when, **keyed))
        sights = [
            answer.session
            for answer in answers
            if answer.ok and resource.members["identity"] in body_of(answer)
        ]
        for sight in (*sights, api.get(subject.id).session):
            differs = change(resource, before, sight)
            expect(differs is None, "the session as it was", f"it differs in {differs}")


@kind("moved", "smoke", turns=2)
def check_activity_moves(api: Api, rule: Rule, timeouts: Timeouts | None) -> None:
    """What the timer counts from moves with the event if the row touches it, and stays if not."""
    row = api.contract.row_of(rule)
    since = api.contract.resource.timer["since"]
    for subject in subjects(api, rule, timeouts):
        before = api.get(subject.id).session[since]
        api.pass_time(before)
        subject.meet(rule.when).control()
        after = api.get(subject.id).session[since]
        if "touch" in row.effects:
            expect(instant(after) > instant(before), f"a {since} after {before}", after)
        else:
            expect(same_time(before, after), f"{since} {before}", after)


@kind("replayed", "smoke", sessions=2, turns=5)
def check_a_replay(api: Api, rule: Rule, timeouts: Timeouts | None) -> None:
    """A repeated key is answered with the earlier response, or refused, as the table has it."""
    row = api.contract.row_of(rule)
    for subject in subjects(api, rule, timeouts):
        assert subject.keyed
        again = subject.meet(REPLAY)
        if row.refusal:
            again.expect_status(*api.contract.refused(row.state, row.event))
        elif row.event == REPLAY:
            expect_replay(subject.keyed[2], again)


def expect_replay(first: Exchange, again: Exchange) -> None:
    """The earlier response: the same messages and the same state."""
    again.expect_ok()
    wanted, got, name = first.turn, again.turn, first.resource.transcript
    same = same_messages(wanted[name], got[name])
    expect(same, f"the earlier messages {shown(wanted[name])}", got[name])


def _judged(before: Json, rule: Rule, row: Transition, resource: Resource) -> Json:
    """The members that the event is to leave as they are."""
    free = {resource.members["transcript"]} if "append" in row.effects else set()
    if "touch" in row.effects:
        free.add(resource.timer["since"])
    if row.to != row.state:
        free.update(resource.state[name] for name in ("member", "mirror", "reason"))
    wanted = rule.members or tuple(before)
    judged = {name: before[name] for name in wanted if name in before and name not in free}
    if not judged and free.issuperset(wanted):
        raise NotApplicable("the event is to change what the rule is about")
    if not judged:
        raise Blocked(f"a look alone moves {', '.join(wanted)}, see TIME-03")
    return judged
