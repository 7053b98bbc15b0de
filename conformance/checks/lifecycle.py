"""LIFE and TIME: what a session may become, and when."""

from __future__ import annotations

from ..judging.equivalence import instant, same_id, same_messages, same_time
from ..judging.outcomes import Blocked, expect
from ..registry import rule
from ..target.api import UNSET, Api
from .turns import transcript


@rule("LIFE-08", turns=1)
def check_the_agents_finish_is_final(api: Api) -> None:
    id = api.given(agent_id=api.config.closing_agent)
    turn = api.submit(id, api.config.closing_text).expect_ok().turn
    expect(turn["is_final"] is True, "a turn with is_final true", turn)
    got = api.get(id).session
    expect(got["is_final"] is True, "a final session", f"is_final {got['is_final']}")
    expect(got["final_reason"] == "agent_finish", "agent_finish", got["final_reason"])


@rule("LIFE-09", "smoke")
def check_an_ended_session_is_retrieved_as_final(api: Api) -> None:
    id = api.given()
    api.end(id).session
    got = api.get(id).session
    expect(got["is_final"] is True, "a final session", f"is_final {got['is_final']}")


@rule("LIFE-11", "smoke", sessions=4)
def check_an_end_leaves_other_sessions(api: Api) -> None:
    elsewhere = f"{api.channel}-b"
    for endpoint, channel in ((UNSET, api.channel), (api.endpoint(), elsewhere)):
        other = api.given(external_id=endpoint, channel=channel)
        if same_id(api.given_final(external_id=endpoint), other):
            raise Blocked("two channels share a session, see DEDUP-05")
        got = api.get(other).session
        expect(got["is_final"] is False, "the other session still active", "it is final")


@rule("LIFE-12", sessions=2, turns=1)
def check_a_turn_leaves_other_sessions(api: Api) -> None:
    one, other = api.given(), api.given()
    before = transcript(api, other)
    api.given_turn(one)
    after = transcript(api, other)
    expect(same_messages(before, after), f"{len(before)} messages in the other", after)


@rule("TIME-02", "smoke", turns=1)
def check_a_turn_moves_last_activity(api: Api) -> None:
    id = api.given()
    before = api.get(id).session["last_activity"]
    api.pass_time(before)
    api.given_turn(id)
    after = api.get(id).session["last_activity"]
    expect(instant(after) > instant(before), f"a last_activity after {before}", after)


@rule("TIME-03", turns=1)
def check_reading_does_not_move_last_activity(api: Api) -> None:
    id = api.given(turns=1)
    before = api.get(id).session["last_activity"]
    api.pass_time(before)
    api.listed()
    api.get(id)
    after = api.get(id).session["last_activity"]
    expect(same_time(before, after), f"last_activity {before}", after)
