"""LIST: what a list holds of sessions in each state."""

from __future__ import annotations

from ..contract.rules import Rule
from ..judging.outcomes import NotApplicable, expect
from ..registry import kind
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
