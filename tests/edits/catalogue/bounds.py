"""Bounds, lengths, patterns and defaults."""

from __future__ import annotations

from ..edit import Client, edit
from ..places import ENDING, OPENING, RULES, SCHEMAS, SEARCHING, TURN, parameter


def timeouts(low: int, high: int) -> dict[str, int]:
    places = (f"{OPENING}/ttl_seconds", f"{SCHEMAS}/TtlSeconds")
    bounds = {"minimum": low, "maximum": high}
    return {f"{place}/{name}": value for place in places for name, value in bounds.items()}


def pages(most: int) -> dict[str, int]:
    page = f"{SCHEMAS}/SessionPage/properties"
    places = (
        f"{parameter('take')}/schema/maximum",
        f"{page}/items/maxItems",
        f"{page}/take/maximum",
    )
    return dict.fromkeys(places, most)


@edit(
    "Shorter timeouts: from 30 seconds",
    timeouts(30, 86400),
    blames="OPEN-05 OPEN-17",
    second="ttl_min=30",
    choices="ttl=reject",
)
def timeouts_from_30(api: Client) -> None:
    assert api.open(ttl_seconds=30)["ttl_seconds"] == 30
    assert api.opened(ttl_seconds=29) == 400


@edit(
    "No timeouts below two minutes",
    timeouts(120, 86400),
    blames="OPEN-07 SES-05",
    second="ttl_min=120",
)
def timeouts_from_120(api: Client) -> None:
    assert api.open(ttl_seconds=120)["ttl_seconds"] == 120
    assert api.opened(ttl_seconds=119) == 400


@edit(
    "Timeouts of up to a week",
    timeouts(60, 604800),
    blames="OPEN-05 OPEN-17",
    second="ttl_max=604800",
    choices="ttl=reject",
)
def timeouts_of_a_week(api: Client) -> None:
    assert api.open(ttl_seconds=604800)["ttl_seconds"] == 604800
    assert api.opened(ttl_seconds=604801) == 400


@edit(
    "Timeouts without an upper bound",
    drop=[f"{OPENING}/ttl_seconds/maximum", f"{SCHEMAS}/TtlSeconds/maximum"],
    blames="HTTP-13",
    profile="core generated",
    second="ttl_max=2147483647",
)
def timeouts_unbounded(api: Client) -> None:
    assert api.open(ttl_seconds=2_000_000)["ttl_seconds"] == 2_000_000


@edit(
    "Pages of 50 by default",
    {f"{parameter('take')}/schema/default": 50},
    blames="LIST-15",
    second="take_default=50",
)
def pages_of_50(api: Client) -> None:
    assert api.list()["take"] == 50


@edit("Pages of up to 500", pages(500), blames="LIST-27", second="take_max=500")
def pages_up_to_500(api: Client) -> None:
    assert api.list(take=500)["take"] == 500
    assert api.listed(take=501) == 400


@edit("Pages of no more than 100", pages(100), blames="LIST-14 LIST-01", second="take_max=100")
def pages_up_to_100(api: Client) -> None:
    assert api.list(take=100)["take"] == 100
    assert api.listed(take=101) == 400


@edit(
    "Texts of up to 2000 characters",
    {f"{TURN}/content/maxLength": 2000},
    blames="HTTP-21",
    second="content_max=2000",
)
def texts_up_to_2000(api: Client) -> None:
    session = api.open()["id"]
    assert api.submit(session, "x" * 2000).status_code == 200
    assert api.submit(session, "x" * 2001).status_code == 400


@edit(
    "Texts of three characters at least",
    {f"{TURN}/content/minLength": 3},
    blames="HTTP-21",
    second="content_min=3",
)
def texts_from_3(api: Client) -> None:
    session = api.open()["id"]
    assert api.submit(session, "hi!").status_code == 200
    assert api.submit(session, "hi").status_code == 400


@edit(
    "Remarks of up to 500 characters",
    {f"{ENDING}/note/maxLength": 500},
    blames="HTTP-21",
    second="note_max=500",
)
def remarks_up_to_500(api: Client) -> None:
    session = api.open()["id"]
    assert api.end(session, note="x" * 501).status_code == 400
    assert api.end(session, note="x" * 500).status_code == 200


@edit(
    "Keys of up to 64 characters",
    {f"{TURN}/idempotency_key/maxLength": 64},
    second="key_max=64",
    choices="long_key=reject",
)
def keys_up_to_64(api: Client) -> None:
    session = api.open()["id"]
    assert api.submit(session, idempotency_key="k" * 64).status_code == 200
    assert api.submit(session, idempotency_key="k" * 65).status_code == 400


@edit(
    "The same, and longer keys are not kept whole",
    {f"{TURN}/idempotency_key/maxLength": 64},
    drop=[RULES["IDEM-08"]],
    blames="HTTP-21",
    second="key_max=64",
    choices="long_key=reject",
)
def longer_keys_refused(api: Client) -> None:
    keys_up_to_64(api)


@edit(
    "Keys of up to 200 characters",
    {f"{TURN}/idempotency_key/maxLength": 200},
    blames="IDEM-07",
    second="key_max=200",
    choices="long_key=reject",
)
def keys_up_to_200(api: Client) -> None:
    session = api.open()["id"]
    assert api.submit(session, idempotency_key="k" * 200).status_code == 200


@edit(
    "Keys of letters and digits alone",
    {f"{TURN}/idempotency_key/pattern": "^[A-Za-z0-9-]*$"},
    blames="HTTP-21",
)
def keys_of_a_pattern(api: Client) -> None:
    session = api.open()["id"]
    assert api.submit(session, idempotency_key="a-1").status_code == 200
    assert api.submit(session, idempotency_key="a b").status_code == 400


@edit(
    "Keys of small letters and digits",
    {f"{TURN}/idempotency_key/pattern": "^[a-z0-9-]*$"},
    blames="HTTP-21",
)
def keys_of_small_letters(api: Client) -> None:
    session = api.open()["id"]
    assert api.submit(session, idempotency_key="a-1").status_code == 200
    assert api.submit(session, idempotency_key="A-1").status_code == 400


@edit(
    "Call results by twenties, by default",
    {f"{SEARCHING}/size/default": 20},
    blames="FIN-07",
    second="size_default=20",
)
def call_results_by_20(api: Client) -> None:
    for _ in range(21):
        api.ended()
    assert len(api.search()["results"]) == 20


@edit(
    "Call results by a thousand at most",
    {f"{SEARCHING}/size/maximum": 1000},
    blames="FIN-08",
    second="size_max=1000",
)
def call_results_by_1000(api: Client) -> None:
    assert api.search(size=1000)["totalCount"] == 0


@edit(
    "Another channel by default",
    {f"{OPENING}/channel/default": "app", f"{RULES['OPEN-14']}/level": "SHOULD"},
    blames="OPEN-14",
    second="channel_default=app",
)
def channel_by_default(api: Client) -> None:
    assert api.open()["channel"] == "app"


@edit(
    "A closed list of channels",
    {f"{OPENING}/channel/enum": ["web", "twilio_sms", "whatsapp"]},
    blames="HTTP-21",
    second="channels=web,twilio_sms,whatsapp",
)
def channels_listed(api: Client) -> None:
    assert api.open(channel="whatsapp")["channel"] == "whatsapp"
    assert api.opened(channel="letter") == 400


@edit(
    "All sessions are listed by default",
    {f"{parameter('state')}/schema/default": "all"},
    blames="LIST-02",
    second="state_default=all",
)
def all_states_by_default(api: Client) -> None:
    assert api.ended()["id"] in [one["id"] for one in api.list()["items"]]


@edit("Agents' names of small letters alone", {f"{OPENING}/agent_id/pattern": "^[a-z0-9-]+$"})
def agents_of_a_pattern(api: Client) -> None:
    assert api.opened() == 201
    assert api.opened("Agent") == 400


@edit(
    "Channels' names of up to 64 characters",
    {f"{OPENING}/channel/maxLength": 64, f"{parameter('channel')}/schema/maxLength": 64},
    blames="HTTP-21",
)
def channels_up_to_64(api: Client) -> None:
    assert api.open(channel="c" * 64)["channel"] == "c" * 64
    assert api.opened(channel="c" * 65) == 400
    assert api.listed(channel="c" * 65) == 400


@edit(
    "No page begins beyond 10,000",
    {f"{parameter('skip')}/schema/maximum": 10_000},
    blames="HTTP-21",
)
def skip_up_to_10000(api: Client) -> None:
    assert api.listed(skip=10_000) == 200
    assert api.listed(skip=10_001) == 400


@edit(
    "No page of less than ten",
    {
        f"{parameter('take')}/schema/minimum": 10,
        f"{SCHEMAS}/SessionPage/properties/take/minimum": 10,
    },
    blames="LIST-23 HTTP-21 LIST-01",
)
def pages_from_10(api: Client) -> None:
    assert api.listed(take=10) == 200
    assert api.listed(take=9) == 400


@edit(
    "No page of call results beyond the thousandth",
    {f"{SEARCHING}/page/maximum": 1000},
    blames="HTTP-21",
)
def call_results_to_page_1000(api: Client) -> None:
    assert api.post("/api/v1/callresults/search", json={"page": 1000}).status_code == 200
    assert api.post("/api/v1/callresults/search", json={"page": 1001}).status_code == 400


@edit(
    "At most ten calls are looked for at once",
    {f"{SEARCHING}/callIds/maxItems": 10},
    blames="HTTP-21",
)
def ten_call_ids(api: Client) -> None:
    assert api.post("/api/v1/callresults/search", json={"callIds": ["a"] * 11}).status_code == 400


@edit("Timeouts of whole minutes", {f"{OPENING}/ttl_seconds/multipleOf": 60}, blames="HTTP-21")
def timeouts_of_minutes(api: Client) -> None:
    assert api.open(ttl_seconds=120)["ttl_seconds"] == 120
    assert api.opened(ttl_seconds=90) == 400


@edit(
    "A timeout of half an hour by default",
    {f"{OPENING}/ttl_seconds/default": 1800},
    blames="OPEN-06",
)
def timeout_by_default(api: Client) -> None:
    assert api.open()["ttl_seconds"] == 1800


@edit("A channel is never null", {f"{OPENING}/channel/nullable": False}, blames="HTTP-21")
def channel_not_null(api: Client) -> None:
    assert api.opened(channel=None) == 400


@edit(
    "A timeout that is asked for is a number",
    drop=[f"{OPENING}/ttl_seconds/nullable"],
    blames="HTTP-21",
)
def timeout_not_null(api: Client) -> None:
    assert api.opened(ttl_seconds=None) == 400
    assert api.open()["ttl_seconds"] is None


@edit("Blank texts are taken", drop=[f"{TURN}/content/pattern"], blames="TURN-19")
def blank_texts(api: Client) -> None:
    assert api.submit(api.open()["id"], " ").status_code == 200


@edit(
    "Reasons are a closed list",
    {f"{SCHEMAS}/FinalReason/enum": ["ttl", "user_end", "agent_finish"]},
    blames="SES-05",
    old="reason-of-an-end",
    second="",
)
def reasons_listed(api: Client) -> None:
    assert api.ended()["final_reason"] == "user_end"


@edit(
    "Roles are a closed list",
    {f"{SCHEMAS}/Message/properties/role/enum": ["user", "assistant"]},
    second="",
)
def roles_listed(api: Client) -> None:
    session = api.open()["id"]
    assert api.submit(session).status_code == 200
    assert [one["role"] for one in api.read(session)["messages"]] == ["user", "assistant"]


@edit(
    "Statuses of call results are a closed list",
    {f"{SEARCHING}/callStatuses/items/enum": ["Completed"]},
    blames="HTTP-21",
)
def call_statuses_listed(api: Client) -> None:
    assert (
        api.post("/api/v1/callresults/search", json={"callStatuses": ["Completed"]}).status_code
        == 200
    )
    assert api.post("/api/v1/callresults/search", json={"callStatuses": ["No"]}).status_code == 400
