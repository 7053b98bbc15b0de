"""LIST: what a list holds of sessions in each state."""

from __future__ import annotations

from ..contract.rules import Rule
from ..judging.outcomes import NotApplicable, expect
from ..registry import kind, rule
from ..target.api import Api
from .kinds.arrange import brought
from .listing import has, ids


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


@rule("LIST-02", "smoke", sessions=3, turns=1)
def check_a_list_keeps_to_its_default_state(api: Api) -> None:
    expect_selected(api, None, one_in_each_state(api))
    expect_closed_too(api, None)


def one_in_each_state(api: Api) -> dict[str, str]:
    """A session in each state that a client can bring it to, by its id."""
    lifecycle = api.contract.lifecycle
    ways = {state: lifecycle.path(lifecycle.initial, state) for state in lifecycle.states}
    return {brought(api, state).id: state for state, way in ways.items() if way is not None}


@kind("listed", sessions=4, turns=1)
def check_a_state_that_is_asked_for(api: Api, rule: Rule) -> None:
    """Each that is final or not, as the state given is."""
    finals, states = api.resource.finals, api.contract.lifecycle.states
    alike = [state for state in states if (state in finals) == (rule.given in finals)]
    asked = [state for state in alike if state in api.contract.listed_states]
    if not asked:
        raise NotApplicable(f"no list can be asked for what is {rule.given}")
    sessions = one_in_each_state(api)
    for state in asked:
        expect_selected(api, state, sessions)
        if rule.given in finals:
            expect_closed_too(api, state)


def expect_closed_too(api: Api, state: str | None) -> None:
    """A session that the agent finished is listed like one that was ended."""
    if api.has_closer:
        closed, _ = api.given_closed()
        expect_selected(api, state, {closed: api.contract.lifecycle.closed})


@rule("LIST-05", sessions=3, turns=1)
def check_all_states(api: Api) -> None:
    expect_selected(api, api.whole, one_in_each_state(api))
    expect_closed_too(api, api.whole)
