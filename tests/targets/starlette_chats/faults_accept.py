"""Faults of a server that refuses what it must take, and of the filters of a search."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from .fault import Fault, fault
from .refusals import RefusedError

if TYPE_CHECKING:
    from .site import Site

Doc = dict[str, Any]
Met = Callable[[Doc], Any]
ANYTHING_GOES = 1 << 15


def refusing(met: Met, status: int = 0) -> Any:
    """A deviation that refuses a body which meets a condition."""

    async def deviation(site: Site, real: Any, request: Request) -> Any:
        body = await real(request)
        if isinstance(body, dict) and met(body):
            raise RefusedError(status or site.choices["invalid"], "Not like that.")
        return body

    return deviation


def refusing_query(met: Met, status: int) -> Any:
    """A deviation that refuses a list whose query meets a condition."""

    async def deviation(site: Site, real: Any, request: Request, org: str) -> Any:
        if met(dict(request.query_params)):
            raise RefusedError(status, "Not like that.")
        return await real(request, org)

    return deviation


def passing(place: int, passed: bool | None = None) -> Any:
    """A deviation in which one filter of a search lets all rows pass, or none when it is given."""

    def deviation(site: Site, real: Any, row: Doc, order: Doc) -> list[bool]:
        found: list[bool] = real(row, order)
        found[place] = True if passed is None else order.get(FILTERS[place]) is None
        return found

    return deviation


def without_offsets(site: Site, real: Any, row: Doc, order: Doc) -> list[bool]:
    bare = {name: order[name][:19] + "Z" for name in FILTERS[3:5] if order.get(name)}
    found: list[bool] = real(row, order | bare)
    return found


def wide(value: Any) -> bool:
    return any(ord(letter) > 0xFFFF for letter in json.dumps(value, ensure_ascii=False))


def holding(name: str) -> Met:
    return lambda body: body.get(name)


def nested(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else ()
    return any(isinstance(one, (dict, list)) for one in inner)


READ, OPTIONAL = "web.bodies.read", "web.bodies.read_optional"
FILTERS = (
    "callIds", "agentIds", "callStatuses", "fromDate", "toDate", "endpoint",
    "additionalDataFilters",
)  # fmt: skip


def refuses(rules: str, sentence: str, met: Met, where: str = READ) -> Fault:
    return fault(rules, sentence, where, refusing(met))


def refuses_list(rules: str, sentence: str, met: Met, status: int = 400) -> Fault:
    return fault(rules, sentence, "web.list_chats", refusing_query(met, status))


def selects(sentence: str, place: int, passed: bool | None = None) -> Fault:
    return fault("FIN-10", sentence, "archive.filters", passing(place, passed))


ACCEPT_FAULTS = {
    "refuse-lists": refuses_list("LIST-27", "Every list is refused.", lambda query: True),
    "refuse-state-final": refuses_list(
        "LIST-27", "state=final is refused.", lambda query: query.get("state") == "final"
    ),
    "refuse-state-all": refuses_list(
        "LIST-27", "state=all is refused.", lambda query: query.get("state") == "all"
    ),
    "refuse-take-one": refuses_list(
        "LIST-27", "take=1 is refused.", lambda query: query.get("take") == "1"
    ),
    "refuse-take-most": refuses_list(
        "LIST-27", "take=200 is refused.", lambda query: query.get("take") == "200"
    ),
    "refuse-large-skip": refuses_list(
        "LIST-27", "A skip beyond 2^15 is refused.", lambda query: len(query.get("skip", "")) > 5
    ),
    "refuse-offset": refuses_list(
        "LIST-27",
        "An updated_after with an offset is refused.",
        lambda query: "+" in query.get("updated_after", ""),
    ),
    "refuse-last-hour": refuses_list(
        "LIST-27",
        "An updated_after in the last hour of a day is refused.",
        lambda query: "T23:" in query.get("updated_after", ""),
    ),
    "refuse-no-such-day": refuses_list(
        "HTTP-02",
        "An updated_after on a day that no month has is answered 500.",
        lambda query: "-32T" in query.get("updated_after", ""),
        500,
    ),
    "refuse-wide-channel": refuses_list(
        "LIST-28",
        "A channel beyond the first plane is refused.",
        lambda query: wide(query.get("channel", "")),
    ),
    "refuse-nested-data": refuses(
        "OPEN-17",
        "An open with nested additional_data is refused.",
        lambda body: "agent_id" in body and nested(body.get("additional_data")),
    ),
    "refuse-endpoint": refuses(
        "OPEN-17 DEDUP-01",
        "An open with an external_id is refused.",
        lambda body: body.get("external_id") is not None,
    ),
    "refuse-null-data": refuses(
        "OPEN-18",
        "An open with null for additional_data is refused.",
        lambda body: "agent_id" in body and body.get("additional_data", 1) is None,
    ),
    "refuse-turn-data": refuses(
        "TURN-19",
        "A turn with additional_data is refused.",
        lambda body: "content" in body and body.get("additional_data"),
    ),
    "refuse-long-key": refuses(
        "TURN-19 IDEM-07",
        "A key of 128 characters is refused.",
        lambda body: len(str(body.get("idempotency_key"))) == 128,
    ),
    "refuse-wide-text": refuses(
        "TURN-20", "A text beyond the first plane is refused.", lambda b: wide(b.get("content"))
    ),
    "refuse-long-text": refuses(
        "TURN-20",
        "A text of more than 2^15 characters is refused as invalid.",
        lambda body: len(str(body.get("content"))) > ANYTHING_GOES,
    ),
    "refuse-lines": refuses(
        "TURN-20",
        "A text with a carriage return is refused.",
        lambda body: "\r" in str(body.get("content")),
    ),
    "refuse-note": refuses(
        "END-13 END-01", "A note is refused.", lambda body: body.get("note"), OPTIONAL
    ),
    "refuse-long-note": refuses(
        "END-14",
        "A note of more than 255 characters is refused.",
        lambda body: len(str(body.get("note"))) > 255,
        OPTIONAL,
    ),
    **{
        f"refuse-{name}": refuses("FIN-08", f"A search by {name} is refused.", holding(name))
        for name in FILTERS
        if name != "agentIds"
    },
    "refuse-size-most": refuses(
        "FIN-08", "A search with size 200 is refused.", lambda body: body.get("size") == 200
    ),
    "refuse-null-filter": refuses(
        "FIN-09",
        "A null for callIds is refused.",
        lambda body: "callIds" in body and body["callIds"] is None,
    ),
    "search-any-call": selects("callIds is ignored.", 0),
    "search-no-call": selects("callIds selects nothing.", 0, False),
    "search-any-status": selects("callStatuses is ignored.", 2),
    "search-no-status": selects("callStatuses selects nothing.", 2, False),
    "search-any-begin": selects("fromDate is ignored.", 3),
    "search-any-time": selects("toDate is ignored.", 4),
    "search-no-time": selects("toDate selects nothing.", 4, False),
    "search-bare-time": fault(
        "FIN-10", "fromDate and toDate are read without offset.", "archive.filters", without_offsets
    ),
    "search-any-endpoint": selects("endpoint is ignored.", 5),
    "search-no-endpoint": selects("endpoint selects nothing.", 5, False),
    "search-any-data": selects("additionalDataFilters are ignored.", 6),
    "search-no-data": selects("additionalDataFilters select nothing.", 6, False),
}
