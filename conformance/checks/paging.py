"""LIST: pages, their bounds and totals, each judged within a channel of the check's own."""

from __future__ import annotations

from ..judging.equivalence import is_whole
from ..judging.outcomes import Blocked, expect, shown
from ..registry import rule
from ..target.api import Api
from .listing import STATES, ids


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
    most = api.contract.page_sizes.most
    for take in (most + 1, most * 500):
        page = api.list(take=take)
        if page.ok:
            count, echoed = len(page.page["items"]), page.page.get("take")
            fine = count <= most and is_whole(echoed) and echoed <= most
            expect(fine, f"{most} items at most, and take so", f"{count} items, take {echoed}")
        else:
            page.expect_status(*api.refused("invalid-request"))


@rule("LIST-15", reads=True)
def check_the_defaults_of_a_page(api: Api) -> None:
    for state in STATES:
        page = api.list(state=state).page
        expect(page.get("skip") == 0, "skip 0", page.get("skip"))
        size = api.contract.page_sizes.default
        expect(page.get("take") == size, f"take {size}", page.get("take"))
        fine = len(page["items"]) <= page["take"]
        expect(fine, f"{size} items at most", f"{len(page['items'])} items")


@rule("LIST-16", reads=True)
def check_a_page_echoes_its_bounds(api: Api) -> None:
    most = api.contract.page_sizes.most
    for channel, take in ((None, 7), (f"nobody-{api.key()}", 7), (f"nobody-{api.key()}", most)):
        page = api.list(skip=3, take=take, channel=channel).page
        expect(page.get("skip") == 3, "skip 3", page.get("skip"))
        expect(page.get("take") == take, f"take {take}", page.get("take"))


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
    for query, matches in (
        ({"state": "final"}, 1),
        ({"state": "all"}, MANY + 1),
        ({"agent_id": api.config.agent}, MANY),
        ({"agent_id": f"nobody-{api.key()}"}, 0),
        ({"updated_after": "2100-01-01T00:00:00Z"}, 0),
    ):
        if len(api.listed(take=api.contract.page_sizes.most, **query)) != matches:
            continue  # other rules tell of a filter that is not kept to
        total = api.list(channel=api.channel, take=1, **query).page["total_count"]
        expect(total == matches, f"total_count {matches} with {shown(query)}", total)


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
    for id in opened:
        api.given_end(id)
    met = [id for skip in (0, 2, 4) for id in ids(api.listed(state="final", skip=skip, take=2))]
    expect(sorted(met) == opened, f"each of {opened} once, state final", met)


@rule("LIST-22", reads=True)
def check_a_negative_skip_is_refused(api: Api) -> None:
    api.list(skip=1).page
    api.list(skip=-1).expect_status(*api.refused("invalid-request"))


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
            page.expect_status(*api.refused("invalid-request"))


@rule("LIST-24", reads=True)
def check_bounds_that_are_no_integers_are_refused(api: Api) -> None:
    api.list(skip=0, take=10).page
    for query in ({"take": "ten"}, {"skip": "x"}, {"take": "1.5"}):
        api.list(**query).expect_status(*api.refused("invalid-request"))
