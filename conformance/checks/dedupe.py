"""DEDUP: at most one active session per channel and endpoint."""

from collections.abc import Iterator

from ..contract.document import Contract
from ..contract.rules import Rule
from ..judging.equivalence import expect_same, reordered, same_id
from ..judging.exchange import Exchange, Json
from ..judging.outcomes import NotApplicable, expect
from ..registry import kind
from ..target.api import Api
from .filters import given
from .kinds.arrange import brought


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


# Endpoints that differ in a nested part, a type, the case, a blank, the order of a list, an end.
ALIKE: tuple[tuple[Json, Json], ...] = (
    ({"provider": {"region": "eu"}}, {"provider": {"region": "us"}}),
    ({"line": 7}, {"line": "7"}),
    ({"flag": 1}, {"flag": True}),
    ({"user": "Ada"}, {"user": "ada"}),
    ({"user": "Ada"}, {"user": "Ada "}),
    ({"path": ["a", "b"]}, {"path": ["b", "a"]}),
    ({"zone": "x" * 300 + "a"}, {"zone": "x" * 300 + "b"}),
)
SHARED = ("same", "reordered")  # which name the endpoint that there is


def pairs(api: Api, sent: str) -> Iterator[tuple[Json, list[Json]]]:
    """What an open has, and what others have. A deployment may have it that takes no null in the
    place of an endpoint, or none so long."""
    endpoint, agent = api.endpoint(), another_agent(api)
    one, none = {"endpoint": endpoint}, {"endpoint": None}
    others: dict[str, list[Json]] = {
        "same": [one, *([{**one, "agent": agent}] if agent else [])],
        "reordered": [{"endpoint": reordered(endpoint)}],
        "another-channel": [{**one, "channel": f"{api.channel}-b"}],
        "another-part": [{"endpoint": {**endpoint, "to": "+15550177"}}],
    }
    if sent in others:
        yield one, others[sent]
    elif sent == "alike":
        cut = not api.open(endpoint={**endpoint, **ALIKE[-1][0]}).ok
        for these, those in ALIKE[: -1 if cut else None]:
            endpoint = api.endpoint()
            yield {"endpoint": {**endpoint, **these}}, [{"endpoint": {**endpoint, **those}}]
    else:
        if not api.needs("create", api.resource.endpoint):
            yield {}, [{}]
        if api.open(**none).status not in api.refused("invalid-request"):
            yield none, [none]


def opens(contract: Contract, rule: Rule) -> int:
    """How many sessions a rule about endpoints needs at most."""
    most = {"alike": 1 + 2 * len(ALIKE), "nothing": 5}.get(rule.sent, 3)
    return most if rule.given in ("", contract.lifecycle.initial) else 2 * (most + 1)


@kind(
    "endpoint",
    "smoke",
    sessions=3,
    turns=1,
    subjects=opens,
    first=lambda _, rule: rule.sent in ("same", "nothing") and not rule.given,
)
def check_what_an_endpoint_is(api: Api, rule: Rule) -> None:
    """Another open is of the same endpoint, or of another one, as what is sent has it. A session
    in a state that does not hold its endpoint has it no more, whatever happens to it then."""
    lifecycle = api.contract.lifecycle
    state = rule.given or lifecycle.initial
    held = state in api.resource.unique["while"]
    finished = state == lifecycle.closed != lifecycle.initial and api.has_closer
    for by_agent in (False, True)[: 1 + finished]:
        for members, others in pairs(api, rule.sent):
            closed = by_agent and api.given_closed(**members)[0]
            first = closed or brought(api, state, **members).id
            for other in others:
                second = api.open(**other)
                if held and rule.sent in SHARED:
                    expect_duplicate(first, second)
                    continue
                expect_another(first, second)
                if rule.sent in SHARED:
                    api.end(first)
                    expect_duplicate(second.id, api.open(**other))
                    break


@kind("reused", sessions=2, turns=2)
def check_a_second_open_changes_nothing(api: Api, rule: Rule) -> None:
    """What it gives in another way stays as it was: the members told, or all but the agent."""
    names, legal, endpoint = api.resource, api.contract.timeouts, api.endpoint()
    first, other = legal.near(600), legal.near(1200)
    values = first, other if other != first else legal.least
    ways = [given(api, n) | ({names.timeout: values[n]} if names.timeout else {}) for n in (0, 1)]
    if names.agent in rule.members:
        if not (agent := another_agent(api)):
            raise NotApplicable("the suite was given no second agent (--tool-agent)")
        ways = [{names.agent: api.config.agent}, {names.agent: agent}]
    id = api.given(endpoint=endpoint, further=ways[0], turns=1)
    before = api.still(id)
    second = api.open(endpoint=endpoint, further=ways[1])
    if second.ok and not same_id(second.id, id):
        raise api.blocked("the second open made a second session", "endpoint", sent="same")
    wanted = {name: before[name] for name in rule.members or before if name in before}
    for answer in (second, api.get(id)) if second.ok else (api.get(id),):
        expect_same(names, wanted, answer.session)
    if api.config.tool_agent and ways[1].get(names.agent) == api.config.tool_agent:
        turn = api.given_turn(id)[names.transcript]
        called = any(names.messages.calls_of(message) for message in turn)
        expect(not called, f"a turn of {api.config.agent}", "a turn that calls tools")
