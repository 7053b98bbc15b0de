"""LIST: what a list holds, in what order, each judged within a channel of the check's own."""

from itertools import pairwise

from ..contract.document import Contract
from ..contract.lifecycle import FINISH
from ..contract.rules import Rule
from ..judging.equivalence import expect_same, goes_back, same_id, same_time
from ..judging.exchange import Json
from ..judging.outcomes import NotApplicable, expect
from ..registry import kind
from ..target.api import Api, Sessions
from .kinds.arrange import brought


def states(api: Api) -> tuple[str | None, ...]:
    """What a list can be asked for; None for the default."""
    return None, *api.contract.listed_states


def has(api: Api, items: Sessions, id: str) -> bool:
    return item_of(api, items, id) is not None


def item_of(api: Api, items: Sessions, id: str) -> Json | None:
    name = api.resource.id
    return next((item for item in items if same_id(item.get(name), id)), None)


def ids(api: Api, items: Sessions) -> list[str]:
    return [str(item.get(api.resource.id)).lower() for item in items]


def expect_selected(api: Api, state: str | None, sessions: dict[str, str]) -> None:
    """Of these sessions, each told with its own state, a list holds those in the state that is
    asked for, or in that of its default, and it holds no session in another one."""
    wanted, items = state or api.contract.default_state, api.listed(state=state)
    for id, own in sessions.items():
        here = wanted in (api.resource.all, own)
        where = f"{'in' if here else 'not in'} a list of {wanted} sessions"
        expect(has(api, items, id) == here, f"{id}, which is {own}, {where}", ids(api, items))
    states_shown = {api.contract.state_of(item) for item in items if wanted != api.resource.all}
    expect(states_shown <= {wanted}, f"{wanted} sessions only", items)


def one_in_each_state(api: Api) -> dict[str, str]:
    """A session in each state that a client can bring it to, by its id; one that the agent has
    finished beside one that was ended."""
    lifecycle = api.contract.lifecycle
    ways = {state: lifecycle.path(lifecycle.initial, state) for state in lifecycle.states}
    found = {brought(api, state).id: state for state, way in ways.items() if way is not None}
    return found | ({api.given_closed()[0]: lifecycle.closed} if api.has_closer else {})


def asked(api: Api, rule: Rule) -> list[str | None]:
    """What lists are asked for: each state that is final or not, as the one given is; nothing, or
    the word for all, where the rule is about that."""
    if rule.sent:
        return [None if rule.sent == "nothing" else api.whole]
    finals, states = api.resource.finals, api.contract.lifecycle.states
    alike = [state for state in states if (state in finals) == (rule.given in finals)]
    return [state for state in alike if state in api.contract.listed_states]


@kind(
    "listed",
    "smoke",
    sessions=4,
    turns=1,
    subjects=lambda contract, _: 1 + len(contract.lifecycle.states),
    first=lambda _, rule: rule.sent == "nothing",
)
def check_a_list_holds_the_states_asked_for(api: Api, rule: Rule) -> None:
    if not (states := asked(api, rule)):
        raise NotApplicable(f"no list can be asked for what is {rule.given}")
    sessions = one_in_each_state(api)
    for state in states:
        expect_selected(api, state, sessions)


@kind("ordered", "smoke", sessions=4, turns=2, first=lambda _, rule: not rule.when)
def check_the_latest_activity_comes_first(api: Api, rule: Rule) -> None:
    """In each state that a list can be asked for; where an event is told, after it."""
    if rule.when:
        expect_moved_ahead(api, rule)
        return
    opened = [api.given() for _ in range(4)]
    for id in (opened[1], opened[0]):
        api.given_turn(id)
    items = api.listed(state=api.turned)
    if len(items) < 4:
        raise api.blocked("the list lacks sessions", "listed", sent="nothing")
    expect_descending(api, items)
    for id in opened[1:3]:
        api.given_end(id)
    for state in api.contract.listed_states:
        expect_descending(api, api.listed(state=state))


def expect_descending(api: Api, items: Sessions) -> None:
    times = [item[api.resource.touched] for item in items]
    fine = not any(goes_back(later, earlier) for earlier, later in pairwise(times))
    expect(fine, f"{api.resource.touched} in descending order", times)


def expect_moved_ahead(api: Api, rule: Rule) -> None:
    """The event moves its session ahead of those that were silent."""
    row = api.contract.row_of(rule)
    if "touch" not in row.effects:
        raise NotApplicable(f"{rule.when} is no activity, as the lifecycle has it")
    members: Json = {"agent": api.config.closing_agent} if rule.when == FINISH else {}
    first, *others = [brought(api, rule.given, **members) for _ in range(3)]
    api.pass_time(api.get(others[-1].id).session[api.resource.latest])
    first.follow(row)
    ahead = api.listed(state=api.asked_for(row.to, api.resource.all))[:1]
    expect(has(api, ahead, first.id), f"{first.id} first, after {rule.when}", ids(api, ahead))


def opens(contract: Contract, rule: Rule) -> bool:
    return contract.resource.operations["create"] in rule.operations


@kind("alike", "smoke", sessions=3, turns=1, first=opens)
def check_a_session_is_told_alike(api: Api, rule: Rule) -> None:
    """A retrieved one equals what the open gave, and what the list has, where the rule has those
    operations."""
    if opens(api.contract, rule):
        expect_retrieved_as_opened(api)
    if api.resource.operations["list"] in rule.operations:
        expect_listed_as_retrieved(api)


def expect_retrieved_as_opened(api: Api) -> None:
    names, opened = api.resource, api.open(timeout=api.contract.timeouts.near(600)).session
    told = (names.id, names.agent, names.channel, names.timeout, names.mirror)
    wanted = {name: opened[name] for name in (*told, *api.contract.further) if name}
    retrieved = api.get(wanted[names.id]).expect_ok().session
    expect_same(names, wanted, retrieved, "the session as it was opened")


def expect_listed_as_retrieved(api: Api) -> None:
    initial, final, every = (
        api.contract.lifecycle.initial,
        api.contract.lifecycle.ended,
        api.resource.all,
    )
    places = ((initial, api.given(turns=1)), (final, api.given_final()))
    for state, id in places:
        got = api.still(id)
        item = item_of(api, api.listed(state=api.asked_for(every, state)), id)
        if item is None:
            raise api.blocked("the session is not in the list", "listed", sent="all")
        latest = api.resource.latest
        if not same_time(got.get(latest), api.get(id).session[latest]):
            got.pop(latest, None)  # which the list has moved, see TIME-03
        hidden = {api.resource.transcript: None} if item[api.resource.transcript] is None else {}
        expect_same(api.resource, {**got, **hidden}, item, "the session as it is retrieved")
