"""SES, MSG, LIST, LIFE: what every session, turn and page in an answer looks like."""

from __future__ import annotations

from itertools import pairwise

from ..judging.answer import Answer, Part
from ..judging.equivalence import goes_back
from ..judging.exchange import Json
from ..judging.outcomes import NotApplicable, Violation, expect, shown
from ..judging.schema_errors import SchemaErrors
from ..registry import every_exchange

MISSING, UNKNOWN, MESSAGE = SchemaErrors.MISSING, SchemaErrors.UNKNOWN, SchemaErrors.MESSAGE
ROLES = ("user", "assistant")


def times(session: Part) -> tuple[str, str]:
    return session.resource.created, session.resource.touched


def status(part: Part) -> tuple[str, ...]:
    """The members that tell the state, where there are two of them."""
    names = part.resource
    return (names.mirror, names.status) if names.mirror else ()


@every_exchange("SES-01", Answer.sessions)
def check_a_session_has_every_member(session: Part) -> None:
    session.errors.expect_none(MISSING)


@every_exchange("SES-02", Answer.sessions)
def check_a_session_has_no_other_member(session: Part) -> None:
    session.errors.expect_none(UNKNOWN)


@every_exchange("SES-03", Answer.sessions)
def check_an_id_is_as_the_contract_has_ids(session: Part) -> None:
    session.errors.expect_none(session.resource.id)


@every_exchange("SES-04", Answer.sessions)
def check_times_are_instants(session: Part) -> None:
    session.errors.expect_none(*times(session))


@every_exchange("SES-05", Answer.session_bodies)
def check_all_else_has_its_type(session: Part) -> None:
    expect(isinstance(session.body, dict), "a session", session.body)
    elsewhere = (session.resource.id, session.resource.reason, *times(session), *status(session))
    other_rules = (MISSING, UNKNOWN, MESSAGE, *elsewhere)
    session.errors.expect_none_but(*other_rules)


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


@every_exchange("LIST-01", Answer.page)
def check_a_page_has_its_members(page: SchemaErrors) -> None:
    page.expect_none_but()


@every_exchange("TURN-01", Answer.turns)
def check_a_turns_result_has_its_members(turn: Part) -> None:
    turn.errors.expect_none_but(MESSAGE, *status(turn))


@every_exchange("LIFE-01", Answer.parts)
def check_the_status_is_mirrored(part: Part) -> None:
    part.errors.expect_none(*status(part))


@every_exchange("LIFE-03", Answer.final_sessions)
def check_a_final_session_has_a_reason(session: Part) -> None:
    session.errors.expect_none(session.resource.reason)


@every_exchange("LIFE-04", Answer.active_sessions)
def check_an_active_session_has_no_reason(session: Part) -> None:
    session.errors.expect_none(session.resource.reason)


@every_exchange("TIME-01", Answer.sessions)
def check_activity_is_never_before_creation(session: Part) -> None:
    created, active = (session.body.get(member) for member in times(session))
    names = session.resource
    wanted = f"a {names.touched} not before {names.created} {shown(created)}"
    expect(not goes_back(created, active), wanted, active)


@every_exchange("FIN-03", Answer.results)
def check_a_page_of_results_has_its_members(page: SchemaErrors) -> None:
    page.expect_none_but()
