"""LIST: filters and order, each judged within a channel of the check's own."""

from __future__ import annotations

from datetime import timedelta, timezone
from itertools import pairwise

from ..judging.equivalence import change, goes_back, instant, same_id, same_time, tick
from ..judging.exchange import Json
from ..judging.outcomes import Blocked, NotApplicable, expect
from ..registry import rule
from ..target.api import Api, Sessions
from .turns import touches

STATES = (None, "final", "all")  # None for the default


def has(items: Sessions, id: str) -> bool:
    return item_of(items, id) is not None


def item_of(items: Sessions, id: str) -> Json | None:
    return next((item for item in items if same_id(item.get("id"), id)), None)


def ids(items: Sessions) -> list[str]:
    return [str(item.get("id")).lower() for item in items]


def one_of_each(api: Api) -> tuple[str, str]:
    """An active and a final session."""
    return api.given(), api.given_final()


def expect_active_only(items: Sessions, active: str, final: str) -> None:
    expect(has(items, active), f"the active session {active} in the list", ids(items))
    expect(not has(items, final), "no final session", f"{final} is listed")
    expect(all(item["is_final"] is False for item in items), "active sessions only", items)


@rule("LIST-02", "smoke", sessions=3, turns=1)
def check_a_list_hides_final_sessions(api: Api) -> None:
    active, final = one_of_each(api)
    expect_active_only(api.listed(), active, final)
    if api.has_closer:
        closed, _ = api.given_closed()
        expect_active_only(api.listed(), active, closed)


@rule("LIST-03", sessions=2)
def check_state_active(api: Api) -> None:
    active, final = one_of_each(api)
    expect_active_only(api.listed(state="active"), active, final)


@rule("LIST-04", sessions=3, turns=1)
def check_state_final(api: Api) -> None:
    active, final = one_of_each(api)
    items = api.listed(state="final")
    expect(has(items, final), f"the final session {final} in the list", ids(items))
    expect(not has(items, active), "no active session", f"{active} is listed")
    expect(all(item["is_final"] is True for item in items), "final sessions only", items)
    expect_closed_too(api, "final")


def expect_closed_too(api: Api, state: str) -> None:
    """A session that the agent finished is listed like one that was ended."""
    if api.has_closer:
        closed, _ = api.given_closed()
        items = api.listed(state=state)
        expect(has(items, closed), f"{closed}, which the agent finished, in the list", ids(items))


@rule("LIST-05", sessions=3, turns=1)
def check_state_all(api: Api) -> None:
    active, final = one_of_each(api)
    items = api.listed(state="all")
    for id in (active, final):
        expect(has(items, id), f"the session {id} in the list", ids(items))
    expect_closed_too(api, "all")


@rule("LIST-06", sessions=2)
def check_the_agent_filter(api: Api) -> None:
    id, _ = one_of_each(api)
    items = api.listed(agent_id=api.config.agent)
    expect(has(items, id), f"the session {id} of {api.config.agent} in the list", ids(items))
    for state in STATES:
        others = api.listed(agent_id=f"nobody-{api.key()}", state=state)
        expect(not others, f"no session of an agent that has none, state {state}", ids(others))


@rule("LIST-07", "smoke", sessions=9)
def check_the_channel_filter(api: Api) -> None:
    id = api.given()
    strangers = [open(channel=f"{api.channel}-other") for open in (api.given, api.given_final)]
    items = api.list(channel=api.channel).page["items"]
    expect(has(items, id), f"the session {id} of the channel in the list", ids(items))
    for state in STATES:
        items = api.list(channel=api.channel, state=state).page["items"]
        for stranger in strangers:
            expect(not has(items, stranger), "no session of another channel", ids(items))
        expect(all(i["channel"] == api.channel for i in items), f"{api.channel} only", items)
    nobody = api.list(channel=f"nobody-{api.key()}").page["items"]
    expect(not nobody, "no session of a channel that has none", ids(nobody))
    for alike, other in (("-Ab", "-ab"), ("_x", "-x"), ("-%", "-y")):
        expect_apart(api, api.channel + alike, api.channel + other)


def expect_apart(api: Api, channel: str, alike: str) -> None:
    """Two channels that a careless comparison takes for one have lists of their own."""
    opened = [api.open(channel=name) for name in (channel, alike)]
    if not all(answer.ok for answer in opened):
        return  # what a channel's name may hold is not documented
    items = api.list(channel=channel).page["items"]
    expect(has(items, opened[0].id), f"the session of {channel} in its list", ids(items))
    expect(not has(items, opened[1].id), f"no session of {alike}", f"it is listed for {channel}")


@rule("LIST-08", sessions=2)
def check_filters_select_together(api: Api) -> None:
    _, final = one_of_each(api)
    most = api.contract.page_sizes.most
    found = api.list(channel=api.channel, state="final", agent_id=api.config.agent, take=most)
    items = found.page["items"]
    wanted = (api.channel, api.config.agent, True)
    alike = all((i["channel"], i["agent_id"], i["is_final"]) == wanted for i in items)
    expect(alike, "only what matches channel, agent_id and state", ids(items))
    expect(has(items, final), f"{final}, which matches each filter", ids(items))
    nobody = api.list(channel=api.channel, agent_id=f"nobody-{api.key()}", take=most).page["items"]
    expect(not nobody, "nothing for another agent in the channel", ids(nobody))


@rule("LIST-09", sessions=2, turns=1)
def check_updated_after(api: Api) -> None:
    final = api.given_final()
    silent = api.get(final).session["last_activity"]
    api.pass_time(silent)
    id = api.given()
    session = turned(api, id) if touches(api) else api.get(id).session
    before = instant(session["created_time"] if touches(api) else silent)
    active = instant(session["last_activity"])
    between = (before + (active - before) / 2).isoformat()
    earlier = api.listed(updated_after=between)
    expect(has(earlier, id), f"the session, active after {between}", ids(earlier))
    later = api.listed(updated_after=(active + timedelta(seconds=5)).isoformat())
    expect(not has(later, id), "no session that was silent since", ids(later))
    # The same instants, told with other offsets.
    east, west = (timezone(timedelta(hours=hours, minutes=30)) for hours in (5, -6))
    earlier = api.listed(updated_after=instant(between).astimezone(east).isoformat())
    expect(has(earlier, id), "the session, whatever the offset of the instant", ids(earlier))
    later = api.listed(updated_after=(active + timedelta(seconds=5)).astimezone(west).isoformat())
    expect(not has(later, id), "no session, whatever the offset of the instant", ids(later))
    for state in ("final", "all"):
        earlier = api.listed(updated_after=between, state=state)
        expect(not has(earlier, final), f"no session that was silent, state {state}", ids(earlier))


def turned(api: Api, id: str) -> Json:
    """The session after a turn that is told to be later than its open."""
    api.pass_time(api.get(id).session["last_activity"])
    api.given_turn(id)
    session = api.get(id).session
    if instant(session["last_activity"]) <= instant(session["created_time"]):
        raise Blocked("a turn does not move last_activity, see TIME-02")
    return session


@rule("LIST-10", sessions=3)
def check_updated_after_is_exclusive(api: Api) -> None:
    # One time in ten ends with a zero, which tells nothing of its precision: three do.
    id, *_ = [api.given() for _ in range(3)]
    items = api.listed()
    mine = item_of(items, id)
    if mine is None:
        raise Blocked("the session is not in the list, see LIST-02")
    instant = mine["last_activity"]
    equal = api.listed(updated_after=instant)
    again = item_of(equal, id)
    if again and not same_time(instant, again["last_activity"]):
        raise Blocked("listing alone moves last_activity, see TIME-03")
    finest = min(tick(item["last_activity"]) for item in items)
    if has(equal, id) and finest > timedelta(microseconds=1):
        raise NotApplicable(f"{instant} may be coarser than what the deployment compares with")
    expect(not has(equal, id), f"nothing at {instant} itself", ids(equal))


@rule("LIST-11", "smoke", sessions=4, turns=2)
def check_the_latest_activity_comes_first(api: Api) -> None:
    opened = [api.given() for _ in range(4)]
    for id in (opened[1], opened[0]):
        api.given_turn(id)
    items = api.listed()
    if len(items) < 4:
        raise Blocked("the list lacks sessions, see LIST-02")
    expect_descending(items)
    for id in opened[1:3]:
        api.given_end(id)
    for state in ("final", "all"):
        expect_descending(api.listed(state=state))


def expect_descending(items: Sessions) -> None:
    times = [item["last_activity"] for item in items]
    fine = not any(goes_back(later, earlier) for earlier, later in pairwise(times))
    expect(fine, "last_activity in descending order", times)


@rule("LIST-12", sessions=3, turns=1)
def check_a_turn_moves_its_session_ahead(api: Api) -> None:
    if not touches(api):
        raise NotApplicable("a turn is no activity, as the lifecycle has it")
    first, *others = [api.given() for _ in range(3)]
    api.pass_time(api.get(others[-1]).session["last_activity"])
    api.given_turn(first)
    ahead = api.listed()[:1]
    expect(has(ahead, first), f"{first} first, after its turn", ids(ahead))


@rule("LIST-20", reads=True)
def check_an_unknown_state_is_refused(api: Api) -> None:
    api.list(state="all").page
    api.list(state="paused").expect_status(*api.refused("invalid-request"))


@rule("LIST-21", reads=True)
def check_a_malformed_instant_is_refused(api: Api) -> None:
    api.list(updated_after="2026-01-05T09:00:00Z").page
    for value in ("yesterday", "2026-13-45T99:00:00Z"):
        api.list(updated_after=value).expect_status(*api.refused("invalid-request"))


@rule("LIST-25", sessions=2, turns=1)
def check_a_listed_session_equals_the_retrieved_one(api: Api) -> None:
    for id in (api.given(turns=1), api.given_final()):
        got = api.still(id)
        item = item_of(api.listed(state="all"), id)
        if item is None:
            raise Blocked("the session is not in the list, see LIST-05")
        if not same_time(got.get("last_activity"), api.get(id).session["last_activity"]):
            got.pop("last_activity", None)  # which the list has moved, see TIME-03
        hidden = {"messages": None} if item["messages"] is None else {}
        differs = change({**got, **hidden}, item)
        expect(differs is None, "the session as it is retrieved", f"it differs in {differs}")


@rule("LIST-26", "smoke", turns=1)
def check_a_list_shows_what_was_answered_before(api: Api) -> None:
    """Which is seen of every list, by the client; here, after each answer that tells more."""
    id = api.given()
    api.listed()
    api.given_turn(id)
    api.listed(state="all")
    api.end(id)
    api.listed(state="final")
