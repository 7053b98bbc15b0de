"""SES, MSG, LIST, LIFE: what every session, turn and page in an answer looks like, and stays."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

from ..contract.document import Contract
from ..contract.resource import Resource
from ..contract.rules import Rule
from ..judging.answer import Answer, Page, Part
from ..judging.equivalence import goes_back, same_messages
from ..judging.exchange import Json
from ..judging.memory import Change
from ..judging.outcomes import NotApplicable, Violation, expect, shown
from ..judging.schema_errors import SchemaErrors
from ..registry import every_exchange

MISSING, UNKNOWN, MESSAGE = SchemaErrors.MISSING, SchemaErrors.UNKNOWN, SchemaErrors.MESSAGE


@every_exchange("complete", Answer.sessions)
def check_no_member_is_missing(session: Part) -> None:
    session.errors.expect_none(MISSING)


@every_exchange("closed", Answer.sessions)
def check_no_member_is_unknown(session: Part) -> None:
    session.errors.expect_none(UNKNOWN)


@every_exchange("fits", Answer.parts)
def check_members_fit(part: Part, rule: Rule, contract: Contract) -> None:
    """The members told fit their schemas; where a state is given, while the session is final or
    not, as that state is."""
    here = isinstance(part.body, dict) and not part.body.keys().isdisjoint(rule.members)
    if not here or (rule.given and part.is_final != (rule.given in contract.resource.finals)):
        raise NotApplicable("it is not in such a state, or lacks the members")
    part.errors.expect_none(*groups(rule, contract))


def groups(rule: Rule, contract: Contract) -> Iterator[str]:
    """The errors that a rule is about: of the transcript those within its messages."""
    for name in rule.members:
        yield MESSAGE if name == contract.resource.transcript else name


@every_exchange("rest", Answer.session_bodies)
def check_all_else_fits(session: Part, contract: Contract) -> None:
    """What no rule about members tells of."""
    expect(isinstance(session.body, dict), "a session", session.body)
    if session.errors.groups:
        rules = [one for one in contract.judged.values() if one.kind == "fits"]
        named = {name for one in rules for name in groups(one, contract)}
        session.errors.expect_none_but(MISSING, UNKNOWN, MESSAGE, *named)


@every_exchange("roles", Answer.messages)
def check_a_role_is_known(message: Json, contract: Contract) -> None:
    names = contract.resource.messages
    if not isinstance(role := message.get(names.role), str):
        raise NotApplicable("it has no role")
    expect(role in names.roles, f"the role {' or '.join(names.roles)}", shown(role))


@every_exchange("forward", Answer.sights)
def check_times_never_go_back(sight: Part | Change, rule: Rule, contract: Contract) -> None:
    """Those of a session's members, in the order in which the rule has them, those of its messages,
    or those that a member of it has had."""
    times = times_of(sight, rule.members, contract.resource)
    if not times:
        raise NotApplicable("another sight tells them")
    for earlier, later in pairwise(times):
        if goes_back(earlier, later):
            raise Violation("times that never go back", f"{shown(earlier)} and then {shown(later)}")


def times_of(sight: Part | Change, members: tuple[str, ...], resource: Resource) -> list[Any]:
    first, *others = members
    transcript, time = resource.transcript, resource.messages.time
    if isinstance(sight, Part) and first == transcript:
        return [message.get(time) for message in sight.messages or () if isinstance(message, dict)]
    if isinstance(sight, Part):
        return [sight.body.get(name) for name in members] if others else []
    one = first != transcript and not others
    return [sight.before.get(first), sight.now.get(first)] if one else []


@every_exchange("page", Answer.pages)
def check_a_page_fits(page: Page, rule: Rule) -> None:
    """What is wrong within an item is the item's own."""
    operation, errors = page
    if operation not in rule.operations:
        raise NotApplicable("another operation's")
    errors.expect_none_but()


@every_exchange("result", Answer.turns)
def check_a_turns_result_has_its_members(turn: Part, rule: Rule) -> None:
    names = turn.resource  # of whose state another rule tells, where there are two members of it
    if names.operations["submit"] not in rule.operations:
        raise NotApplicable("another operation's")
    turn.errors.expect_none_but(MESSAGE, *((names.mirror, names.status) if names.mirror else ()))


@every_exchange("lasting", Answer.changes)
def check_a_message_stays_in_its_place(change: Change, contract: Contract) -> None:
    if change.transcripts is None:
        raise NotApplicable("no two transcripts of a certain order")
    same = partial(same_messages, contract.resource)
    before, now = change.transcripts
    if same(before, now[: len(before)]):
        return
    wanted = f"the {len(before)} messages seen before"
    expect(len(now) >= len(before), wanted, f"{len(now)} messages")
    place = next(i for i in range(len(before)) if not same([before[i]], [now[i]]))
    raise Violation(f"message {place} to stay {shown(before[place])}", shown(now[place]))
