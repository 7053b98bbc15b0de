"""LIST: pages, their bounds and totals, each judged within a channel of the check's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..judging.equivalence import is_whole
from ..judging.exchange import Json
from ..judging.outcomes import Blocked, NotApplicable, expect, shown
from ..registry import rule
from ..target.api import Api
from .listing import ids, states


@rule("LIST-13", sessions=5)
def check_take_bounds_the_page(api: Api) -> None:
    for _ in range(3):
        api.given()
    for _ in range(2):
        api.given_final()  # later than what matches, and yet no part of the page
    for take in (1, 2):
        items = api.listed(limit=take)
        expect(len(items) == take, f"{take} items of 3", f"{len(items)} items")


def expect_told(api: Api, page: Json, offset: int, limit: int) -> None:
    for name, wanted in ((api.resource.offset, offset), (api.resource.limit, limit)):
        expect(page.get(name) == wanted, f"{name} {wanted}", page.get(name))


@rule("LIST-15", reads=True)
def check_the_defaults_of_a_page(api: Api) -> None:
    size = api.contract.page_sizes.default
    if size is None:
        raise NotApplicable("the contract has no page size by default")
    for state in states(api):
        page = api.list(state=state).page
        expect_told(api, page, 0, size)
        expect(len(page[api.resource.items]) <= size, f"{size} items at most", "more")


@rule("LIST-16", reads=True)
def check_a_page_echoes_its_bounds(api: Api) -> None:
    most = api.contract.page_sizes.most
    for channel, take in ((None, 7), (f"nobody-{api.key()}", 7), (f"nobody-{api.key()}", most)):
        expect_told(api, api.list(offset=3, limit=take, channel=channel).page, 3, take)


MANY = 11  # matches: a total that stops at ten is no total


@rule("LIST-17", sessions=MANY + 1)
def check_the_total_counts_every_match(api: Api) -> None:
    for _ in range(MANY):
        api.given()
    api.given_final()
    if len(api.listed()) != MANY:
        raise Blocked("the list does not hold what matches, see LIST-02")
    active: dict[str, Any] = {"channel": api.channel, "state": api.active}
    for skip, take in ((0, 20), (0, 1), (2, 1), (19, 20)):
        total = api.list(**active, offset=skip, limit=take).page[api.resource.total]
        fine = total == MANY if api.resource.channel else is_whole(total) and total >= MANY
        expect(fine, f"{api.resource.total} {MANY} from {skip}, {take} at most", total)
    for query, matches in narrowed(api):
        if len(api.listed(limit=api.contract.page_sizes.most, **query)) != matches:
            continue  # other rules tell of a filter that is not kept to
        total = api.list(channel=api.channel, limit=1, **query).page[api.resource.total]
        expect(total == matches, f"{api.resource.total} {matches} with {shown(query)}", total)


def narrowed(api: Api) -> Iterator[tuple[dict[str, Any], int]]:
    """Filters that the contract has, and how many of those sessions match."""
    names = api.resource
    for state, count in ((api.contract.lifecycle.ended, 1), (names.all, MANY + 1)):
        if state in api.contract.listed_states:
            yield {"state": state}, count
    if names.agent in names.filtering:
        yield {"state": api.active, "agent": api.config.agent}, MANY
        yield {"agent": f"nobody-{api.key()}"}, 0
    if names.touched in names.filtering:
        yield {"later": "2100-01-01T00:00:00Z"}, 0


@rule("LIST-18", sessions=2)
def check_a_skip_beyond_the_last_match(api: Api) -> None:
    api.given()
    if len(api.listed()) != 1:
        raise Blocked("the list does not hold what matches, see LIST-02")
    others = 0 if api.resource.channel else api.list(state=api.active).page[api.resource.total]
    items = api.listed(offset=5 + others)
    expect(not items, "an empty page", f"{len(items)} items")


@rule("LIST-19", sessions=7)
def check_walking_the_pages_meets_every_match_once(api: Api) -> None:
    opened = sorted(api.given().lower() for _ in range(5))
    for _ in range(2):
        api.given(channel=f"{api.channel}-later")  # passed over by the filter, not by skip
    if sorted(ids(api, api.listed())) != opened:
        raise Blocked("the list does not hold what matches, see LIST-02")
    met = [id for skip in (0, 2, 4) for id in ids(api, api.listed(offset=skip, limit=2))]
    expect(sorted(met) == opened, f"each of {opened} once", met)
    final = api.asked_for(api.contract.lifecycle.ended, api.resource.all)
    for id in opened:
        api.given_end(id)
    pages = [api.listed(state=final, offset=skip, limit=2) for skip in (0, 2, 4)]
    met = [id for page in pages for id in ids(api, page)]
    expect(sorted(met) == opened, f"each of {opened} once, state {final}", met)
