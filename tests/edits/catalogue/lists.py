"""Parameters of the list: filters, pages and order."""

from __future__ import annotations

from typing import Any

from ..edit import Client, edit
from ..places import LIST, OPEN, SCHEMAS, at, parameter, words

PARAMETERS = f"{LIST}/parameters"
FILTERS = "/x-resource/list/filters"


def more(name: str, schema: dict[str, Any], **others: Any) -> dict[str, Any]:
    """A further parameter of the list."""
    return {
        PARAMETERS: [*at(PARAMETERS), {"name": name, "in": "query", "schema": schema, **others}]
    }


def without(name: str) -> dict[str, Any]:
    """The list without one of its filters, and the contract without the rules about it."""
    kept = {key: value for key, value in at(FILTERS).items() if key != name}
    told = {name, at(FILTERS)[name]["member"]}
    kinds = ("filter", "beyond")
    return {
        PARAMETERS: [p for p in at(PARAMETERS) if p["name"] != name],
        FILTERS: kept,
        "/x-rules": [
            rule
            for rule in at("/x-rules")
            if rule.get("kind") not in kinds or told.isdisjoint(rule.get("members", ()))
        ],
    }


@edit("Sessions are not filtered by their latest activity", without("updated_after"), second="")
def no_updated_after(api: Client) -> None:
    api.open()
    assert api.list(updated_after="2099-01-01T00:00:00Z")["total_count"] == 1


@edit("Sessions are not filtered by state", without("state"), second="")
def no_state_filter(api: Client) -> None:
    assert api.listed() == 200


@edit(
    "Sessions are filtered by reason",
    {**more("final_reason", {"type": "string"}), f"{FILTERS}/final_reason": "final_reason"},
    blames="LIST-29 LIST-08 LIST-27",
)
def reason_filter(api: Client) -> None:
    api.ended()
    assert api.list(state="final", final_reason="user_end")["total_count"] == 1
    assert api.list(state="final", final_reason="nobody")["total_count"] == 0


@edit(
    "Sessions are filtered by when they were opened",
    {
        **more("opened_after", {"type": "string", "format": "date-time"}),
        f"{FILTERS}/opened_after": {"member": "created_time", "later": True},
    },
    blames="LIST-29 LIST-09 LIST-27 LIST-21",
)
def opened_after(api: Client) -> None:
    first, second = api.open(), api.open()
    found = api.list(opened_after=first["created_time"])["items"]
    assert [one["id"] for one in found] == [second["id"]]


@edit("A parameter that the declaration says nothing of", more("sort", {"type": "string"}))
def undeclared_parameter(api: Client) -> None:
    assert api.listed(sort="x") == 200


@edit(
    "A filter by what no session has",
    {**more("mood", {"type": "string"}), f"{FILTERS}/mood": "mood"},
)
def unknown_filter(api: Client) -> None:
    assert api.listed(mood="good") == 200


@edit(
    "The filter agent_id is called agent",
    {
        f"{parameter('agent_id')}/name": "agent",
        FILTERS: {**{k: v for k, v in at(FILTERS).items() if k != "agent_id"}, "agent": "agent_id"},
        "/paths/~1api~1v1~1chats~1{id}~1end/post/responses/200/links/ListFinal/parameters": {
            "state": "final",
            "agent": "$response.body#/agent_id",
        },
    },
    blames="LIST-06",
)
def agent_filter_by_another_name(api: Client) -> None:
    api.open()
    assert api.list(agent="agent-echo")["total_count"] == 1
    assert api.list(agent="agent-tools")["total_count"] == 0


@edit(
    "updated_after is called moved_since",
    words(updated_after="moved_since"),
    blames="LIST-09",
    second="names=updated_after:moved_since",
)
def updated_after_by_another_name(api: Client) -> None:
    assert api.list(moved_since=api.open()["last_activity"])["total_count"] == 0


@edit(
    "The word for all states is any",
    {
        f"{parameter('state')}/schema/enum": ["active", "final", "any"],
        f"{FILTERS}/state/all": "any",
    },
    blames="LIST-27 LIST-05",
)
def any_state(api: Client) -> None:
    api.ended()
    assert api.list(state="any")["total_count"] == 1
    assert api.listed(state="all") == 400


@edit(
    "Active and final sessions are never listed together",
    {
        f"{parameter('state')}/schema/enum": ["active", "final"],
        f"{FILTERS}/state": {"member": "status"},
    },
    blames="LIST-20",
)
def no_all_states(api: Client) -> None:
    assert api.listed(state="final") == 200
    assert api.listed(state="all") == 400


@edit(
    "State `expired`, which no session is ever in",
    {f"{parameter('state')}/schema/enum": ["active", "final", "all", "expired"]},
)
def state_without_sessions(api: Client) -> None:
    api.open()
    assert api.list(state="expired")["total_count"] == 0


@edit(
    "The total is called matches",
    words(total_count="matches"),
    blames="LIST-01",
    second="names=total_count:matches",
)
def total_by_another_name(api: Client) -> None:
    api.open()
    assert api.list()["matches"] == 1


@edit(
    "The sessions of a page are called sessions",
    {
        f"{SCHEMAS}/SessionPage/properties/sessions": at(f"{SCHEMAS}/SessionPage/properties/items"),
        f"{SCHEMAS}/SessionPage/required": ["sessions", "total_count", "skip", "take"],
        "/x-resource/list/items": "sessions",
        f"{LIST}/responses/200/links/RetrieveFirst/parameters/id": "$response.body#/sessions/0/id",
        f"{LIST}/responses/200/content/application~1json/examples/page/value/sessions": [],
    },
    drop=[
        f"{SCHEMAS}/SessionPage/properties/items",
        f"{LIST}/responses/200/content/application~1json/examples/page/value/items",
    ],
    blames="LIST-01",
    second="names=items:sessions",
)
def items_by_another_name(api: Client) -> None:
    assert [one["id"] for one in [api.open()]] == [one["id"] for one in api.list()["sessions"]]


@edit(
    "A page names the next one",
    {
        f"{SCHEMAS}/SessionPage/properties/next": {"type": "string"},
        f"{SCHEMAS}/SessionPage/required": ["items", "total_count", "skip", "take", "next"],
    },
)
def page_names_the_next(api: Client) -> None:
    assert api.list()["next"]


@edit(
    "A page does not tell the total",
    {f"{SCHEMAS}/SessionPage/required": ["items", "skip", "take"]},
    drop=[
        f"{SCHEMAS}/SessionPage/properties/total_count",
        f"{LIST}/responses/200/content/application~1json/examples/page/value/total_count",
    ],
)
def page_without_total(api: Client) -> None:
    assert "total_count" not in api.list()


@edit("A list must say its channel", {f"{parameter('channel')}/required": True})
def channel_wanted(api: Client) -> None:
    assert api.listed() == 400


@edit(
    "The tenant comes in a header",
    {f"{OPEN}/parameters": [{"name": "X-Tenant", "in": "header", "schema": {"type": "string"}}]},
)
def header_parameter(api: Client) -> None:
    assert api.opened() == 201


@edit("updated_after is a day", {f"{parameter('updated_after')}/schema/format": "date"})
def updated_after_a_day(api: Client) -> None:
    assert api.listed(updated_after="2026-01-01") == 200


@edit(
    "Several agents may be asked for",
    {f"{parameter('agent_id')}/schema": {"type": "array", "items": {"type": "string"}}},
)
def several_agents(api: Client) -> None:
    assert api.listed(agent_id=["a", "b"]) == 200
