"""LIFE and TIME: what a session may become, and when."""

from __future__ import annotations

from functools import partial

from ..contract.rules import Rule
from ..judging.equivalence import same_id, same_messages, same_time
from ..judging.outcomes import Blocked, expect
from ..registry import kind, rule
from ..target.api import Api
from ..target.operations import UNSET
from .turns import transcript


@rule("LIFE-11", "smoke", sessions=4)
def check_an_end_leaves_other_sessions(api: Api) -> None:
    elsewhere = f"{api.channel}-b"
    for endpoint, channel in ((UNSET, api.channel), (api.endpoint(), elsewhere)):
        other = api.given(endpoint=endpoint, channel=channel)
        if same_id(api.given_final(endpoint=endpoint), other):
            raise Blocked("two channels share a session, see DEDUP-05")
        got = api.get(other).session
        expect(api.resource.final(got) is False, "the other session still active", "it is final")


@rule("LIFE-12", sessions=2, turns=1)
def check_a_turn_leaves_other_sessions(api: Api) -> None:
    one, other = api.given(), api.given()
    before = transcript(api, other)
    api.given_turn(one)
    after = transcript(api, other)
    expect(same_messages(before, after), f"{len(before)} messages in the other", after)


@rule("TIME-03", turns=1)
def check_reading_moves_no_time(api: Api) -> None:
    id = api.given(turns=1)
    before = api.get(id).session[api.resource.touched]
    api.pass_time(before)
    api.listed()
    api.get(id)
    after = api.get(id).session[api.resource.touched]
    expect(same_time(before, after), f"{api.resource.touched} {before}", after)


@kind("fresh", "smoke", turns=1)
def check_a_look_shows_what_was_answered_before(api: Api, rule: Rule) -> None:
    """Which is seen of every look, by the client; here, after each answer that tells more."""
    lists = api.resource.operations["list"] in rule.operations
    id = api.given()
    for act in (lambda: None, partial(api.given_turn, id), partial(api.end, id)):
        act()
        for state in api.contract.listed_states if lists else ():
            api.listed(state=state)
        if not lists:
            api.get(id)
