"""LIST: filters and order, each judged within a channel of the check's own."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from ..judging.equivalence import change, goes_back, same_id, same_time, tick
from ..judging.exchange import Json
from ..judging.outcomes import Blocked, NotApplicable, expect
from ..registry import rule
from ..target.api import Api, Sessions
from .turns import touches


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


def expect_listed(api: Api, items: Sessions, id: str, wanted: str, *, here: bool = True) -> None:
    expect(has(api, items, id) == here, wanted, ids(api, items))


def in_channel(api: Api, channel: str, state: str | None) -> Sessions:
    items: Sessions = api.list(channel=channel, state=state).page[api.resource.items]
    return items


@rule("LIST-07", "smoke", sessions=9)
def check_the_channel_filter(api: Api) -> None:
    id = api.given()
    strangers = [open(channel=f"{api.channel}-other") for open in (api.given, api.given_final)]
    items = in_channel(api, api.channel, api.active)
    expect_listed(api, items, id, f"the session {id} of the channel in the list")
    for state in states(api):
        items = in_channel(api, api.channel, state)
        for stranger in strangers:
            expect_listed(api, items, stranger, "no session of another channel", here=False)
        expect(not api.strangers(items), f"{api.channel} only", items)
    nobody = in_channel(api, f"nobody-{api.key()}", api.active)
    expect(not nobody, "no session of a channel that has none", ids(api, nobody))
    # Two channels that a careless comparison takes for one have lists of their own.
    for one, other in (("-Ab", "-ab"), ("_x", "-x"), ("-%", "-y")):
        channel = api.channel + one
        opened, alike = (api.open(channel=api.channel + name) for name in (one, other))
        if opened.ok and alike.ok:  # what a channel's name may hold is not documented
            items = in_channel(api, channel, api.active)
            expect_listed(api, items, opened.id, f"the session of {channel} in its list")
            expect_listed(api, items, alike.id, f"none of another than {channel}", here=False)


@rule("LIST-10", sessions=3)
def check_updated_after_is_exclusive(api: Api) -> None:
    api.filter_of(api.resource.touched)
    # One time in ten ends with a zero, which tells nothing of its precision: three do.
    id, *_ = [api.given() for _ in range(3)]
    items = api.listed()
    mine = item_of(api, items, id)
    if mine is None:
        raise Blocked("the session is not in the list, see LIST-02")
    instant = mine[api.resource.touched]
    equal = api.listed(later=instant)
    again = item_of(api, equal, id)
    if again and not same_time(instant, again[api.resource.touched]):
        raise Blocked(f"listing alone moves {api.resource.touched}, see TIME-03")
    finest = min(tick(item[api.resource.touched]) for item in items)
    if has(api, equal, id) and finest > timedelta(microseconds=1):
        raise NotApplicable(f"{instant} may be coarser than what the deployment compares with")
    expect(not has(api, equal, id), f"nothing at {instant} itself", ids(api, equal))


@rule("LIST-11", "smoke", sessions=4, turns=2)
def check_the_latest_activity_comes_first(api: Api) -> None:
    opened = [api.given() for _ in range(4)]
    for id in (opened[1], opened[0]):
        api.given_turn(id)
    items = api.listed(state=api.turned)
    if len(items) < 4:
        raise Blocked("the list lacks sessions, see LIST-02")
    expect_descending(api, items)
    for id in opened[1:3]:
        api.given_end(id)
    for state in api.contract.listed_states:
        expect_descending(api, api.listed(state=state))


def expect_descending(api: Api, items: Sessions) -> None:
    times = [item[api.resource.touched] for item in items]
    fine = not any(goes_back(later, earlier) for earlier, later in pairwise(times))
    expect(fine, f"{api.resource.touched} in descending order", times)


@rule("LIST-12", sessions=3, turns=1)
def check_a_turn_moves_its_session_ahead(api: Api) -> None:
    if not touches(api):
        raise NotApplicable("a turn is no activity, as the lifecycle has it")
    first, *others = [api.given() for _ in range(3)]
    api.pass_time(api.get(others[-1]).session[api.resource.latest])
    api.given_turn(first)
    ahead = api.listed(state=api.turned)[:1]
    expect(has(api, ahead, first), f"{first} first, after its turn", ids(api, ahead))


@rule("LIST-25", sessions=2, turns=1)
def check_a_listed_session_equals_the_retrieved_one(api: Api) -> None:
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
            raise Blocked("the session is not in the list, see LIST-05")
        latest = api.resource.latest
        if not same_time(got.get(latest), api.get(id).session[latest]):
            got.pop(latest, None)  # which the list has moved, see TIME-03
        hidden = {api.resource.transcript: None} if item[api.resource.transcript] is None else {}
        differs = change(api.resource, {**got, **hidden}, item)
        expect(differs is None, "the session as it is retrieved", f"it differs in {differs}")
