"""LIFE and TIME: what a session may become, and when."""

from collections.abc import Callable
from functools import partial

from ..contract.lifecycle import END, FINISH, REPLAY
from ..contract.rules import Rule
from ..judging.equivalence import expect_same, same_id
from ..judging.exchange import Json
from ..registry import kind
from ..target.api import Api
from ..target.operations import UNSET
from .kinds.arrange import brought


@kind("apart", "smoke", sessions=4, turns=4, first=lambda _, rule: rule.when == END)
def check_other_sessions_stay(api: Api, rule: Rule) -> None:
    """The event changes nothing in another session of the channel, nor in that of the endpoint
    in another channel."""
    row, agent = api.contract.row_of(rule), api.config.closing_agent
    members: Json = {"agent": agent} if rule.when == FINISH else {}
    for endpoint, channel in ((UNSET, api.channel), (api.endpoint(), f"{api.channel}-b")):
        other = api.given(endpoint=endpoint, channel=channel)
        subject = brought(api, rule.given, endpoint=endpoint, **members)
        if same_id(subject.id, other):
            raise api.blocked("two channels share a session", "endpoint", sent="another-channel")
        seen = api.still(other)
        before = {name: seen[name] for name in rule.members or seen if name in seen}
        if rule.when == REPLAY:
            subject.turn()
        subject.follow(row)
        now = api.get(other).session
        expect_same(api.resource, before, now, "the other session as it was")


@kind("safe", turns=1)
def check_looking_changes_nothing(api: Api, rule: Rule) -> None:
    """The operations of the rule leave the members that it names, or all, as they are."""
    id = api.given(turns=1)
    seen = api.get(id).session
    before = {name: seen[name] for name in rule.members or seen}
    api.pass_time(seen[api.resource.latest])
    looks: dict[str, Callable[[], object]] = {
        "list": api.listed,
        "read": lambda: api.get(id),
        "search": api.search,
    }
    for operation in rule.operations:
        looks[api.resource.role(operation)]()
    expect_same(api.resource, before, api.get(id).session)


@kind("fresh", "smoke", turns=1, requests=30)
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
