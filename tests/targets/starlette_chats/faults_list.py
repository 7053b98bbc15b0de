"""Faults of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from . import checks
from .fault import fault
from .refusals import RefusedError

if TYPE_CHECKING:
    from .site import Site

Doc = dict[str, Any]


def passing(name: str) -> Any:
    """A deviation that lets every session pass one filter."""
    return lambda site, real, session, query: real(session, query) | {name: True}


def only_active(site: Site, real: Any, session: Doc, query: Doc) -> dict[str, bool]:
    return dict(real(session, query | {"state": query["state"].replace("all", "active")}))


def final_as_all(site: Site, real: Any, session: Doc, query: Doc) -> dict[str, bool]:
    return dict(real(session, query | {"state": query["state"].replace("final", "all")}))


def any_filter(site: Site, real: Any, session: Doc, query: Doc) -> bool:
    passed = site.desk.filters(session, query)
    return passed.pop("state") and (not passed or any(passed.values()))


def defaulting(name: str, value: str) -> Any:
    """A deviation with another default for one parameter."""

    async def deviation(site: Site, real: Any, request: Request, org: str) -> Any:
        if f"{name}=" not in request.scope["query_string"].decode():
            request.scope["query_string"] += f"&{name}={value}".encode()
        return await real(request, org)

    return deviation


async def unbounded(site: Site, real: Any, request: Request, org: str) -> tuple[int, Doc]:
    query = checks.list_query(request.query_params, site.choices)
    query["take"] = max(query["take"], int(request.query_params.get("take", 1)))
    return 200, site.views.page(site.desk.matches(org, query), query)


async def unchecked(site: Site, real: Any, request: Request, org: str) -> Any:
    try:
        return await real(request, org)
    except RefusedError:
        return await real(Request({**request.scope, "query_string": b""}), org)


def total_of_page(site: Site, real: Any, found: list[Doc], query: Doc) -> Doc:
    page: Doc = real(found, query)
    return page | {"total_count": len(page["items"])}


def paged_as(**changes: Any) -> Any:
    """A deviation that pages by other numbers and echoes those that were asked for."""

    def deviation(site: Site, real: Any, found: list[Doc], query: Doc) -> Doc:
        changed = {name: change(query[name]) for name, change in changes.items()}
        echo = {"skip": query["skip"], "take": query["take"]}
        return dict(real(found, query | changed)) | echo

    return deviation


def listed_differently(site: Site, real: Any, session: Doc, listed: bool = False) -> Doc:
    shown: Doc = real(session, listed)
    return shown | {"last_activity": shown["created_time"]} if listed else shown


def by_creation(site: Site, real: Any, org: str, query: Doc) -> list[Doc]:
    return sorted(real(org, query), key=lambda s: s["created"], reverse=True)


FILTERS, PAGE, LIST = "desk.filters", "views.page", "web.list_chats"

LIST_FAULTS = {
    "list-all-by-default": fault(
        "LIST-02", "Without state, final sessions are listed too.", LIST, defaulting("state", "all")
    ),
    "list-any-state": fault(
        "LIST-02 LIST-03 LIST-04", "state is ignored.", FILTERS, passing("state")
    ),
    "list-final-as-all": fault(
        "LIST-04", "state=final lists active sessions too.", FILTERS, final_as_all
    ),
    "list-all-as-active": fault(
        "LIST-05", "state=all leaves final sessions out.", FILTERS, only_active
    ),
    "list-any-agent": fault("LIST-06", "agent_id is ignored.", FILTERS, passing("agent_id")),
    "list-any-channel": fault("LIST-07", "channel is ignored.", FILTERS, passing("channel")),
    "list-any-filter": fault(
        "LIST-08", "One filter of several is enough.", "desk.passes", any_filter
    ),
    "list-any-time": fault(
        "LIST-09", "updated_after is ignored.", FILTERS, passing("updated_after")
    ),
    "list-by-created": fault(
        "LIST-09",
        "updated_after looks at created_time.",
        "desk.later",
        lambda site, real, s, instant: s["created"] > instant,
    ),
    "list-from-instant": fault(
        "LIST-10",
        "updated_after lists its own instant too.",
        "desk.later",
        lambda site, real, s, instant: s["touched"] >= instant,
    ),
    "list-ascending": fault(
        "LIST-11",
        "The least recently active session comes first.",
        "desk.matches",
        lambda site, real, org, query: real(org, query)[::-1],
    ),
    "list-newest-first": fault(
        "LIST-11 LIST-12", "A list is ordered by created_time.", "desk.matches", by_creation
    ),
    "list-one-more": fault(
        "LIST-13", "A page holds one item too many.", PAGE, paged_as(take=lambda take: take + 1)
    ),
    "list-one-less": fault(
        "LIST-13 LIST-19",
        "A page holds one item too few.",
        PAGE,
        paged_as(take=lambda take: take - 1),
    ),
    "list-unbounded": fault("LIST-14", "A take beyond 200 takes effect.", LIST, unbounded),
    "list-thirty": fault(
        "LIST-15", "A page holds 30 items by default.", LIST, defaulting("take", "30")
    ),
    "list-echo-fixed": fault(
        "LIST-16",
        "The page echoes the defaults.",
        PAGE,
        lambda site, real, found, query: real(found, query) | {"skip": 0, "take": 20},
    ),
    "list-total-of-page": fault("LIST-17", "total_count counts the page.", PAGE, total_of_page),
    "list-skip-ignored": fault(
        "LIST-18 LIST-19", "skip is ignored.", PAGE, paged_as(skip=lambda skip: 0)
    ),
    "list-overlaps": fault(
        "LIST-19",
        "A page begins with the last item of the one before.",
        PAGE,
        paged_as(skip=lambda skip: max(skip - 1, 0)),
    ),
    "list-extra-member": fault(
        "LIST-01",
        "A page says whether there is more.",
        PAGE,
        lambda site, real, found, query: real(found, query) | {"has_more": False},
    ),
    "list-unchecked": fault(
        "LIST-20 LIST-21 LIST-22 LIST-24",
        "A query that makes no sense is ignored.",
        LIST,
        unchecked,
    ),
    "list-stale": fault(
        "LIST-25 LIST-11",
        "A listed session shows created_time as last_activity.",
        "views.session",
        listed_differently,
    ),
}
