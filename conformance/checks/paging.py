"""LIST: pages, their bounds and totals, each judged within a channel of the check's own."""

from collections.abc import Iterator
from typing import Any

from ..contract.rules import Rule
from ..judging.equivalence import is_whole
from ..judging.exchange import Json
from ..judging.outcomes import NotApplicable, expect, shown
from ..registry import kind
from ..target.api import Api
from .filters import filter_values
from .listing import ids, states

MATCHES = 5
MANY = 11  # matches: a total that stops at ten is no total


@kind("echo", asks=lambda contract, *_: 1 + len(contract.listed_states))
def check_a_page_tells_its_bounds(api: Api, rule: Rule) -> None:
    """Those that are asked for, or those by default where nothing is sent; it keeps to them."""
    for query, offset, limit in asked(api, rule):
        page = api.list(**query).page
        for name, wanted in ((api.resource.offset, offset), (api.resource.limit, limit)):
            expect(page.get(name) == wanted, f"{name} {wanted}", page.get(name))
        count = len(page[api.resource.items])
        expect(count <= limit, f"{limit} items at most", f"{count} items")


def asked(api: Api, rule: Rule) -> Iterator[tuple[Json, int, int]]:
    """Queries, each with the offset and the limit that it is about."""
    legal = api.contract.page_sizes
    if not rule.sent:
        for anybody, limit in ((True, legal.near(7)), (False, legal.near(7)), (False, legal.most)):
            channel = None if anybody else f"nobody-{api.key()}"
            yield {"offset": 3, "limit": limit, "channel": channel}, 3, limit
    elif legal.default is None:
        raise NotApplicable("the contract has no page size by default")
    else:
        yield from (({"state": state}, 0, legal.default) for state in states(api))


@kind("paged", sessions=MATCHES + 2)
def check_what_pages_hold(api: Api, rule: Rule) -> None:
    """Of the matches as many as remain and are asked for, each once on a walk over all pages."""
    opened = {api.given().lower() for _ in range(MATCHES)}
    api.given_final()  # later than what matches, and yet no part of a page
    if api.resource.channel:
        api.given(channel=f"{api.channel}-later")
    expect_pages(api, rule, api.active, opened)
    if rule.sent == "walk":
        for id in opened:
            api.given_end(id)
        final = api.asked_for(api.contract.lifecycle.ended, api.resource.all)
        expect_pages(api, rule, final, opened)


def expect_pages(api: Api, rule: Rule, state: str | None, opened: set[str]) -> None:
    matches = ids(api, api.listed(state=state))
    if rule.sent != "limit" and not opened.issubset(matches):
        raise api.blocked("the list does not hold what matches", "listed", sent="nothing")
    count = max(len(matches), MATCHES)
    met: list[str] = []
    beyond = 5 + (count if api.resource.channel else total_of(api, state=state))
    walk = [(offset, 2) for offset in range(0, count, 2)]
    pages = {"limit": [(0, 1), (0, 2)], "beyond": [(beyond, 2)], "walk": walk}
    for offset, limit in pages[rule.sent]:
        found = ids(api, api.listed(state=state, offset=offset, limit=limit))
        wanted = max(0, min(limit, count - offset))
        expect(len(found) == wanted, f"{wanted} items from {offset} of {count}", found)
        met += found
    if rule.sent == "walk":
        expect(sorted(met) == sorted(matches), f"each of {matches} once, state {state}", met)


def total_of(api: Api, **query: Any) -> Any:
    return api.list(channel=api.channel, **query).page[api.resource.total]


@kind("total", sessions=MANY + 1)
def check_the_total_counts_every_match(api: Api) -> None:
    for _ in range(MANY):
        api.given()
    api.given_final()
    if len(api.listed()) != MANY:
        raise api.blocked("the list does not hold what matches", "listed", sent="nothing")
    for offset, limit in ((0, 20), (0, 1), (2, 1), (19, 20)):
        total = total_of(api, state=api.active, offset=offset, limit=limit)
        fine = total == MANY if api.resource.channel else is_whole(total) and total >= MANY
        expect(fine, f"{api.resource.total} {MANY} from {offset}, {limit} at most", total)
    most = api.contract.page_sizes.most
    for query in narrowed(api) if api.resource.channel else ():
        count = len(api.listed(limit=most, **query))
        total = total_of(api, limit=1, **query)
        fine = count in (total, most)
        expect(fine, f"{api.resource.total} {count} with {shown(query)}", total)


def narrowed(api: Api) -> Iterator[dict[str, Any]]:
    """Queries for each state, and for a value of each filter that few or none match."""
    yield from ({"state": state} for state in states(api))
    whole = api.listed()
    for one in api.resource.filters:
        if one.all is None and one.member != api.resource.channel:
            for value in filter_values(api, one, whole)[-1:]:
                yield {"state": api.active, "filters": {one.parameter: value}}
