"""SES, MSG, LIST, LIFE: what every session, turn and page in an answer looks like."""

from __future__ import annotations

from itertools import pairwise

from ..contract.document import Contract
from ..contract.rules import Rule
from ..judging.answer import Answer, Page, Part
from ..judging.equivalence import goes_back
from ..judging.exchange import Json
from ..judging.outcomes import NotApplicable, Violation, expect, shown
from ..judging.schema_errors import SchemaErrors
from ..registry import every_exchange, every_exchange_kind

MISSING, UNKNOWN, MESSAGE = SchemaErrors.MISSING, SchemaErrors.UNKNOWN, SchemaErrors.MESSAGE
ROLES = ("user", "assistant")


@every_exchange_kind("complete", Answer.sessions)
def check_no_member_is_missing(session: Part, _: Rule, __: Contract) -> None:
    session.errors.expect_none(MISSING)


@every_exchange_kind("closed", Answer.sessions)
def check_no_member_is_unknown(session: Part, _: Rule, __: Contract) -> None:
    session.errors.expect_none(UNKNOWN)


@every_exchange_kind("fits", Answer.parts)
def check_members_fit(part: Part, rule: Rule, contract: Contract) -> None:
    """The members told fit their schemas; where a state is given, while the session is final or
    not, as that state is."""
    here = isinstance(part.body, dict) and not part.body.keys().isdisjoint(rule.members)
    if not here or (rule.given and part.is_final != (rule.given in contract.resource.finals)):
        raise NotApplicable("it is not in such a state, or lacks the members: see SES-01")
    part.errors.expect_none(*rule.members)


@every_exchange_kind("rest", Answer.session_bodies)
def check_all_else_fits(session: Part, _: Rule, contract: Contract) -> None:
    """What no rule about members tells of."""
    expect(isinstance(session.body, dict), "a session", session.body)
    if session.errors.groups:
        rules = [one for one in contract.judged.values() if one.kind == "fits"]
        named = {name for one in rules for name in one.members}
        session.errors.expect_none_but(MISSING, UNKNOWN, MESSAGE, *named)


@every_exchange("MSG-01", Answer.parts)
def check_a_message_has_its_members(part: Part) -> None:
    part.errors.expect_none(MESSAGE)


@every_exchange("MSG-02", Answer.messages)
def check_a_role_is_user_or_assistant(message: Json) -> None:
    if not isinstance(role := message.get("role"), str):
        raise NotApplicable("MSG-01 tells of it")
    expect(role in ROLES, "the role user or assistant", shown(role))


@every_exchange("MSG-03", Answer.sessions)
def check_the_times_of_a_transcript_never_go_back(session: Part) -> None:
    if session.messages is None:
        raise NotApplicable("no transcript")
    times = [message.get("time") for message in session.messages if isinstance(message, dict)]
    for earlier, later in pairwise(times):
        if goes_back(earlier, later):
            raise Violation("times that never go back", f"{shown(earlier)} and then {shown(later)}")


@every_exchange_kind("page", Answer.pages)
def check_a_page_fits(page: Page, rule: Rule, _: Contract) -> None:
    """What is wrong within an item is the item's own."""
    operation, errors = page
    if operation not in rule.operations:
        raise NotApplicable("another operation's")
    errors.expect_none_but()


@every_exchange("TURN-01", Answer.turns)
def check_a_turns_result_has_its_members(turn: Part) -> None:
    names = turn.resource  # of whose state LIFE-01 tells, where there are two members of it
    turn.errors.expect_none_but(MESSAGE, *((names.mirror, names.status) if names.mirror else ()))


@every_exchange("TIME-01", Answer.sessions)
def check_activity_is_never_before_creation(session: Part) -> None:
    names = session.resource
    created, active = (session.body.get(member) for member in (names.created, names.touched))
    wanted = f"a {names.touched} not before {names.created} {shown(created)}"
    expect(not goes_back(created, active), wanted, active)
