"""What an event is answered with and leaves behind, by the row of the lifecycle's table."""

from dataclasses import replace

from ...contract.document import Contract
from ...contract.lifecycle import FINISH, REPLAY, TURN, Transition
from ...contract.resource import Resource
from ...contract.rules import Rule
from ...judging.equivalence import expect_same, instant, same_messages, same_time
from ...judging.exchange import Exchange, Json
from ...judging.outcomes import NotApplicable, expect, shown
from ...registry import kind
from ...target.api import Api
from ..timeouts import Timeouts
from .arrange import Subject, can_be_in, count, expect_state, subjects


@kind("transition", "smoke", sessions=2, turns=6, subjects=count)
def check_a_transition(api: Api, rule: Rule, timeouts: Timeouts | None) -> None:
    """The event is refused, or leads to the state and the reason that the table has."""
    resource = api.contract.resource
    row = api.contract.row_of(rule)
    reason = resource.reason if row.reason else ""
    for subject in subjects(api, rule, timeouts):
        before = subject.still(row.state) if tells_activity(api.contract, row) else None
        answer = subject.meet(rule.when)
        if row.refusal:
            answer.expect_status(*api.contract.refused(row.state, row.event))
            continue
        body = answer.expect_ok().body_object
        expect_state(api, body, row.to)
        if reason and reason not in body:  # a turn's result does not tell it
            body = api.get(subject.id).session
            expect_state(api, body, row.to)
        expect_reason(api.contract, row, body)
        if before:
            expect_effects(api.contract, row, before, api.get(subject.id).session)


@kind("kept", "smoke", turns=3, subjects=count)
def check_a_transition_is_kept(api: Api, rule: Rule, timeouts: Timeouts | None) -> None:
    """What the event leads to is what is retrieved afterwards."""
    row = api.contract.row_of(rule)
    for subject in subjects(api, rule, timeouts):
        if not subject.meet(rule.when).ok:
            raise api.blocked("the event is refused", "transition", when=rule.when)
        expect_state(api, api.get(subject.id).session, row.to)


@kind("unchanged", "smoke", sessions=2, turns=6, subjects=count)
def check_nothing_changes(api: Api, rule: Rule, timeouts: Timeouts | None) -> None:
    """The event changes no member, or none of those told, but what the row's effects do."""
    row = api.contract.row_of(rule)
    resource, replay = api.contract.resource, rule.when == REPLAY
    for subject in subjects(api, rule, timeouts):
        before = _judged(subject, rule, row)
        answers = [subject.meet(rule.when)]
        turns = api.contract.lifecycle.causes[rule.when] == resource.operations["submit"]
        if turns and resource.key and not replay:
            keyed = {resource.key: api.key()}
            answers.append(subject.meet(rule.when, **keyed))
        sights = [
            answer.session
            for answer in answers
            if answer.ok and not answer.may_be_old
            if resource.members["identity"] in answer.body_object
        ]
        for sight in (*sights, api.get(subject.id).session):
            expect_same(resource, before, sight)


@kind("moved", "smoke", turns=3, subjects=count)
def check_activity_moves(api: Api, rule: Rule, timeouts: Timeouts | None) -> None:
    """What the timer counts from moves with the event if the row touches it, and stays if not."""
    row = api.contract.row_of(rule)
    since = api.contract.resource.touched
    for subject in subjects(api, rule, timeouts):
        before = api.get(subject.id).session[since]
        api.pass_time(before)
        subject.meet(rule.when).control()
        after = api.get(subject.id).session[since]
        expect_activity(row, {since: before}, {since: after}, since)


def untold(contract: Contract) -> list[Transition]:
    """The rows of events that a client brings about, and that no other rule is about; one about a
    replay is not about what that leaves of a session that goes on. In a state in which turns are
    refused none of them finishes."""
    finals = contract.resource.finals
    told = {
        (one.given, one.when)
        for one in contract.judged.values()
        if one.kind == "transition" or (one.kind == "replayed" and one.given in finals)
    }
    return [
        row
        for pair, row in contract.lifecycle.rows.items()
        if pair not in told and contract.lifecycle.causes[row.event]
        if row.event != FINISH or not contract.refused(row.state, TURN)
    ]


def rows(contract: Contract, rule: Rule) -> int:
    """How many sessions a rule about the table's rows is tried on at most."""
    return count(contract, rule) if rule.when else len(untold(contract))


@kind("followed", turns=4, subjects=rows)
def check_the_rest_of_the_table(api: Api, rule: Rule, timeouts: Timeouts | None) -> None:
    """The event does what its row has; where a rule tells of none, each event that a client brings
    about, where no other rule is about the row."""
    if rule.when:
        for subject in subjects(api, rule, timeouts):
            expect_followed(api, subject, api.contract.row_of(rule))
        return
    for row in untold(api.contract):
        one = replace(rule, given=row.state, when=row.event)
        if row.event == FINISH and not api.has_closer:
            continue
        if row.event == REPLAY and not can_be_replayed(api.contract, one):
            continue
        if not count(api.contract, one):
            continue  # time alone leads there
        api.trace.clear()
        expect_followed(api, next(subjects(api, one, timeouts)), row)


def can_be_replayed(contract: Contract, rule: Rule) -> bool:
    return contract.lifecycle.does("remember", TURN) and can_be_in(contract, rule, rule.given)


def expect_followed(api: Api, subject: Subject, row: Transition) -> None:
    """What the row has is answered, and is what is retrieved afterwards."""
    resource, before = api.contract.resource, subject.still(row.state)
    answer = subject.meet(row.event)
    if row.refusal:
        answer.expect_status(*api.contract.refused(row.state, row.event))
    elif row.event == REPLAY:
        assert subject.keyed
        expect_replay(subject.keyed[2], answer)
    else:
        expect_state(api, answer.expect_ok().body_object, row.to)
    after = api.get(subject.id).session
    expect_state(api, after, row.to)
    expect_reason(api.contract, row, after)
    if tells_activity(api.contract, row):
        expect_effects(api.contract, row, before, after)
    kept = {name: value for name, value in before.items() if name not in freed(row, resource)}
    if not tells_activity(api.contract, row):
        kept.pop(resource.touched, None)
    expect_same(resource, kept, after, "all else as it was")


def expect_reason(contract: Contract, row: Transition, body: Json) -> None:
    """The reason that a row has, or none where what has ended goes on."""
    name = contract.resource.reason
    if name and (row.reason or row in contract.reopening):
        expect(body[name] == row.reason, f"{name} {shown(row.reason)}", shown(body[name]))


def tells_activity(contract: Contract, row: Transition) -> bool:
    """Whether a row says that what the timer counts from moves, or stays. Of an end that does
    not have it move this is open, as a deployment may take it for an activity."""
    ends = contract.lifecycle.causes[row.event] == contract.resource.operations["end"]
    changes = row.to != row.state or bool(row.effects)
    return "touch" in row.effects or (changes and not ends)


def expect_effects(contract: Contract, row: Transition, before: Json, after: Json) -> None:
    """What the event does to the times and the transcript of a session."""
    expect_activity(row, before, after, contract.resource.touched)
    if contract.lifecycle.causes[row.event] != contract.resource.operations["submit"]:
        return
    said, now = (one[contract.resource.transcript] for one in (before, after))
    if "append" in row.effects:
        expect(len(now) > len(said), "the turn in the transcript", now)
    else:
        same = same_messages(contract.resource, said, now)
        expect(same, f"the {len(said)} messages", now)


def expect_activity(row: Transition, before: Json, after: Json, since: str) -> None:
    if since not in before:
        return  # a look alone moves it
    if "touch" in row.effects:
        moved = instant(after[since]) > instant(before[since])
        expect(moved, f"a {since} after {before[since]}", after[since])
    else:
        expect(same_time(before[since], after[since]), f"{since} {before[since]}", after[since])


def expect_replay(first: Exchange, again: Exchange) -> None:
    """The earlier response: the same messages and, where that is a session, whatever followed."""
    again.expect_ok()
    wanted, got = (one.turn[one.resource.transcript] for one in (first, again))
    told = got if first.resource.replies else got[: len(wanted)]
    same = same_messages(first.resource, wanted, told)
    expect(same, f"the earlier messages {shown(wanted)}", got)


def freed(row: Transition, resource: Resource) -> set[str]:
    """The members that an event is to change."""
    free = {resource.transcript} if "append" in row.effects else set()
    if "touch" in row.effects:
        free.add(resource.touched)
    if row.to != row.state:
        free |= {resource.status, resource.mirror, resource.reason}
    return free


def _judged(subject: Subject, rule: Rule, row: Transition) -> Json:
    """The members that the event is to leave as they are."""
    before, free = subject.still(rule.given), freed(row, subject.api.resource)
    wanted = rule.members or tuple(before)
    judged = {name: before[name] for name in wanted if name in before and name not in free}
    if not judged and free.issuperset(wanted):
        raise NotApplicable("the event is to change what the rule is about")
    if not judged:
        raise subject.api.blocked(f"a look alone moves {', '.join(wanted)}", "safe")
    return judged
