"""DEDUP: at most one active session per channel and endpoint."""

from __future__ import annotations

from ..contract.rules import Rule
from ..judging.equivalence import change, reordered, same_id, same_messages
from ..judging.exchange import Exchange, Json
from ..judging.outcomes import Blocked, NotApplicable, expect
from ..registry import kind, rule
from ..target.api import Api


def expect_duplicate(first: str, second: Exchange) -> None:
    """The endpoint's session again or a conflict, as the contract has it; never a second one."""
    legal = second.resource
    if not legal.reuses:
        second.expect_status(*legal.conflict)
        return
    second.expect_ok(*legal.conflict)
    if second.ok:
        expect(same_id(second.id, first), f"the open session {first} again", second.id)


def expect_another(first: str, second: Exchange) -> None:
    """A session of its own."""
    second.expect_ok()
    expect(not same_id(second.id, first), "a session of its own", f"{first} again")


def another_agent(api: Api) -> str | None:
    """An agent beside the plain one, where the suite was given any."""
    agents = (api.config.tool_agent, api.config.closing_agent)
    return next((agent for agent in agents if agent not in (None, api.config.agent)), None)


def seconds(api: Api, sent: str, endpoint: Json) -> list[Json]:
    """How another open is not like the first one."""
    if sent == "same":
        return [{}, *({"agent": other} for other in (another_agent(api),) if other)]
    others: Json = {
        "reordered": {"endpoint": reordered(endpoint)},
        "another-channel": {"channel": f"{api.channel}-b"},
        "another-part": {"endpoint": {**endpoint, "to": "+15550177"}},
    }
    return [others[sent]]


@kind("endpoint", "smoke", sessions=3, first=lambda _, rule: rule.sent == "same")
def check_what_an_endpoint_is(api: Api, rule: Rule) -> None:
    """Another open is of the same endpoint, or of another one, as what is sent has it."""
    endpoint = api.endpoint()
    first = api.given(endpoint=endpoint)
    for members in seconds(api, rule.sent, endpoint):
        second = api.open(**{"endpoint": endpoint, **members})
        judged = expect_another if rule.sent.startswith("another") else expect_duplicate
        judged(first, second)


@rule("DEDUP-03", sessions=5, turns=1)
def check_a_final_session_frees_its_endpoint(api: Api) -> None:
    endpoint = api.endpoint()
    first = api.given_final(endpoint=endpoint)
    second = api.open(endpoint=endpoint)
    expect_another(first, second)
    api.end(first)  # which has its endpoint no more
    expect_duplicate(second.id, api.open(endpoint=endpoint))
    if api.has_closer:
        endpoint = api.endpoint()
        closed, _ = api.given_closed(endpoint=endpoint)
        expect_another(closed, api.open(endpoint=endpoint))


@rule("DEDUP-04", "smoke", sessions=4)
def check_without_an_endpoint_every_open_is_new(api: Api) -> None:
    if not api.needs("create", api.resource.endpoint):
        expect_another(api.given(), api.open())
    first = api.open(endpoint=None)
    # A deployment may have it that takes null for no object.
    if first.status not in api.refused("invalid-request"):
        expect_another(first.id, api.open(endpoint=None))


@rule("DEDUP-09", sessions=14)
def check_what_differs_a_little_is_another_endpoint(api: Api) -> None:
    for one, other in (
        ({"provider": {"region": "eu"}}, {"provider": {"region": "us"}}),
        ({"line": 7}, {"line": "7"}),
        ({"flag": 1}, {"flag": True}),
        ({"user": "Ada"}, {"user": "ada"}),
        ({"user": "Ada"}, {"user": "Ada "}),
        ({"path": ["a", "b"]}, {"path": ["b", "a"]}),
    ):
        endpoint = api.endpoint()
        first = api.given(endpoint={**endpoint, **one})
        expect_another(first, api.open(endpoint={**endpoint, **other}))
    endpoint = api.endpoint()
    late, later = ({**endpoint, "zone": "x" * 300 + end} for end in "ab")
    opened = api.open(endpoint=late)
    if opened.ok:  # a deployment may have a limit, but does not cut
        expect_another(opened.id, api.open(endpoint=later))


@rule("DEDUP-07", sessions=2, turns=1)
def check_a_duplicate_open_leaves_the_agent(api: Api) -> None:
    other = another_agent(api)
    if other is None:
        raise NotApplicable("the suite was given no second agent (--tool-agent)")
    endpoint = api.endpoint()
    first = api.given(endpoint=endpoint)
    second = api.open(endpoint=endpoint, agent=other)
    if second.ok and not same_id(second.id, first):
        raise Blocked("the second open made a second session, see DEDUP-01")
    for answer in (second, api.get(first)):
        if answer.ok:
            agent = answer.session[api.resource.agent]
            expect(agent == api.config.agent, f"the agent {api.config.agent}", agent)
    if other == api.config.tool_agent:
        turn = api.given_turn(first)[api.resource.transcript]
        called = any(message.get("tool_calls") for message in turn)
        expect(not called, f"a turn of {api.config.agent}", "a turn that calls tools")


@rule("DEDUP-08", sessions=2, turns=1)
def check_a_duplicate_open_changes_nothing(api: Api) -> None:
    endpoint = api.endpoint()
    legal = api.contract.timeouts
    first, other = legal.near(600), legal.near(1200)
    id = api.given(endpoint=endpoint, timeout=first, turns=1)
    before = api.still(id)
    second = api.open(endpoint=endpoint, timeout=other if other != first else legal.least)
    if second.ok and not same_id(second.id, id):
        raise Blocked("the second open made a second session, see DEDUP-01")
    after = api.get(id).session
    if name := api.resource.timeout:
        expect(after[name] == before[name], f"{name} {before[name]}", after[name])
    messages = after[api.resource.transcript]
    same = same_messages(messages, before[api.resource.transcript])
    expect(same, "the same transcript", f"{len(messages)} messages")
    differs = change(api.resource, before, after)
    expect(differs is None, "the session as it was", f"it differs in {differs}")
