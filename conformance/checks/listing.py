"""LIST: filters, order, paging and totals, each judged within a channel of the check's own."""

from __future__ import annotations

from datetime import timedelta, timezone
from itertools import pairwise

from conformance.api import Api, Sessions
from conformance.exchange import Json
from conformance.findings import Blocked, NotApplicable, expect
from conformance.likeness import change, goes_back, instant, is_whole, same_id, same_time, tick
from conformance.rules import rule

REFUSED = (400, 422)


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


@rule("LIST-06")
def check_the_agent_filter(api: Api) -> None:
    id = api.given()
    items = api.listed(agent_id=api.config.agent)
    expect(has(items, id), f"the session {id} of {api.config.agent} in the list", ids(items))
    others = api.listed(agent_id=f"nobody-{api.key()}")
    expect(not others, "no session of an agent that has none", ids(others))


@rule("LIST-07", "smoke", sessions=8)
def check_the_channel_filter(api: Api) -> None:
    id = api.given()
    stranger = api.given(channel=f"{api.channel}-other")
    items = api.list(channel=api.channel).page["items"]
    expect(has(items, id), f"the session {id} of the channel in the list", ids(items))
    expect(not has(items, stranger), "no session of another channel", f"{stranger} is listed")
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
    found = api.list(channel=api.channel, state="final", agent_id=api.config.agent, take=200)
    items = found.page["items"]
    wanted = (api.channel, api.config.agent, True)
    alike = all((i["channel"], i["agent_id"], i["is_final"]) == wanted for i in items)
    expect(alike, "only what matches channel, agent_id and state", ids(items))
    expect(has(items, final), f"{final}, which matches each filter", ids(items))
    nobody = api.list(channel=api.channel, agent_id=f"nobody-{api.key()}", take=200).page["items"]
    expect(not nobody, "nothing for another agent in the channel", ids(nobody))


@rule("LIST-09", turns=1)
def check_updated_after(api: Api) -> None:
    id = api.given()
    session = turned(api, id)
    created, active = (instant(session[m]) for m in ("created_time", "last_activity"))
    between = (created + (active - created) / 2).isoformat()
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


def turned(api: Api, id: str) -> Json:
    """The session after a turn that is told to be later than its open."""
    api.pass_time(api.get(id).session["last_activity"])
    api.given_turn(id)
    session = api.get(id).session
    if instant(session["last_activity"]) <= instant(session["created_time"]):
        raise Blocked("a turn does not move last_activity, see TIME-02")
    return session


@rule("LIST-10")
def check_updated_after_is_exclusive(api: Api) -> None:
    id = api.given()
    items = api.listed()
    mine = item_of(items, id)
    if mine is None:
        raise Blocked("the session is not in the list, see LIST-02")
    told = mine["last_activity"]
    equal = api.listed(updated_after=told)
    again = item_of(equal, id)
    if again and not same_time(told, again["last_activity"]):
        raise Blocked("listing alone moves last_activity, see TIME-03")
    if has(equal, id) and tick(told) > timedelta(microseconds=1):
        raise NotApplicable(f"{told} may be coarser than what the deployment compares with")
    expect(not has(equal, id), f"nothing at {told} itself", ids(equal))


@rule("LIST-11", "smoke", sessions=4, turns=2)
def check_the_latest_activity_comes_first(api: Api) -> None:
    opened = [api.given() for _ in range(4)]
    for id in (opened[1], opened[0]):
        api.given_turn(id)
    items = api.listed()
    if len(items) < 4:
        raise Blocked("the list lacks sessions, see LIST-02")
    times = [item["last_activity"] for item in items]
    fine = not any(goes_back(later, earlier) for earlier, later in pairwise(times))
    expect(fine, "last_activity in descending order", times)


@rule("LIST-12", sessions=3, turns=1)
def check_a_turn_moves_its_session_ahead(api: Api) -> None:
    first, *others = [api.given() for _ in range(3)]
    api.pass_time(api.get(others[-1]).session["last_activity"])
    api.given_turn(first)
    ahead = api.listed()[:1]
    expect(has(ahead, first), f"{first} first, after its turn", ids(ahead))


@rule("LIST-13", sessions=5)
def check_take_bounds_the_page(api: Api) -> None:
    for _ in range(3):
        api.given()
    for _ in range(2):
        api.given_final()  # later than what matches, and yet no part of the page
    for take in (1, 2):
        items = api.listed(take=take)
        expect(len(items) == take, f"{take} items of 3", f"{len(items)} items")


@rule("LIST-14", "core", reads=True)
def check_a_page_never_exceeds_200(api: Api) -> None:
    for take in (201, 100000):
        page = api.list(take=take)
        if page.ok:
            count, told = len(page.page["items"]), page.page.get("take")
            fine = count <= 200 and is_whole(told) and told <= 200
            expect(fine, "200 items at most, and take so", f"{count} items, take {told}")
        else:
            page.expect_status(*REFUSED)


@rule("LIST-15", reads=True)
def check_the_defaults_of_a_page(api: Api) -> None:
    page = api.list().page
    expect(page.get("skip") == 0, "skip 0", page.get("skip"))
    expect(page.get("take") == 20, "take 20", page.get("take"))
    expect(len(page["items"]) <= 20, "20 items at most", f"{len(page['items'])} items")


@rule("LIST-16", reads=True)
def check_a_page_echoes_its_bounds(api: Api) -> None:
    for channel in (None, f"nobody-{api.key()}"):
        page = api.list(skip=3, take=7, channel=channel).page
        expect(page.get("skip") == 3, "skip 3", page.get("skip"))
        expect(page.get("take") == 7, "take 7", page.get("take"))


MANY = 11  # matches: a total that stops at ten is no total


@rule("LIST-17", sessions=MANY + 1)
def check_the_total_counts_every_match(api: Api) -> None:
    for _ in range(MANY):
        api.given()
    api.given_final()
    if len(api.listed()) != MANY:
        raise Blocked("the list does not hold what matches, see LIST-02")
    for skip, take in ((0, 20), (0, 1), (2, 1), (19, 20)):
        total = api.list(channel=api.channel, skip=skip, take=take).page["total_count"]
        expect(total == MANY, f"total_count {MANY} with skip={skip}, take={take}", total)


@rule("LIST-18", sessions=2)
def check_a_skip_beyond_the_last_match(api: Api) -> None:
    api.given()
    if len(api.listed()) != 1:
        raise Blocked("the list does not hold what matches, see LIST-02")
    items = api.listed(skip=5)
    expect(not items, "an empty page", f"{len(items)} items")


@rule("LIST-19", sessions=7)
def check_walking_the_pages_meets_every_match_once(api: Api) -> None:
    opened = sorted(api.given().lower() for _ in range(5))
    for _ in range(2):
        api.given(channel=f"{api.channel}-later")  # passed over by the filter, not by skip
    if sorted(ids(api.listed())) != opened:
        raise Blocked("the list does not hold what matches, see LIST-02")
    met = [id for skip in (0, 2, 4) for id in ids(api.listed(skip=skip, take=2))]
    expect(sorted(met) == opened, f"each of {opened} once", met)


@rule("LIST-20", reads=True)
def check_an_unknown_state_is_refused(api: Api) -> None:
    api.list(state="all").page
    api.list(state="paused").expect_status(*REFUSED)


@rule("LIST-21", reads=True)
def check_a_malformed_instant_is_refused(api: Api) -> None:
    api.list(updated_after="2026-01-05T09:00:00Z").page
    for value in ("yesterday", "2026-13-45T99:00:00Z"):
        api.list(updated_after=value).expect_status(*REFUSED)


@rule("LIST-22", reads=True)
def check_a_negative_skip_is_refused(api: Api) -> None:
    api.list(skip=1).page
    api.list(skip=-1).expect_status(*REFUSED)


@rule("LIST-23", reads=True)
def check_a_take_below_one_is_refused_or_clamped(api: Api) -> None:
    api.list(take=1).page
    for take in (0, -1):
        page = api.list(take=take)
        if page.ok:
            effective = page.page.get("take")
            fine = is_whole(effective) and effective >= 1
            expect(fine, f"take {take} refused, or clamped to at least 1", effective)
        else:
            page.expect_status(*REFUSED)


@rule("LIST-24", reads=True)
def check_bounds_that_are_no_integers_are_refused(api: Api) -> None:
    api.list(skip=0, take=10).page
    for query in ({"take": "ten"}, {"skip": "x"}, {"take": "1.5"}):
        api.list(**query).expect_status(*REFUSED)


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
