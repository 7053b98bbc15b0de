"""x-resource: what the words of the lifecycle mean."""

from __future__ import annotations

from ..edit import Client, edit
from ..places import EXAMPLES, RULES, at

UNIQUE = "/x-resource/unique"


@edit(
    "A second open is always answered with the first session",
    {f"{UNIQUE}/else": ["reuse"]},
    blames="DEDUP-01",
    second="",
    choices="duplicate_open=200",
    old_choices="duplicate_open=conflict",
)
def duplicates_reused(api: Client) -> None:
    assert api.open(external_id={"a": 1}) == api.open(external_id={"a": 1})


@edit(
    "A second open is always refused",
    {f"{UNIQUE}/else": [409]},
    blames="DEDUP-01",
    second="",
    choices="duplicate_open=409",
)
def duplicates_refused(api: Client) -> None:
    api.open(external_id={"a": 1})
    assert api.opened(external_id={"a": 1}) == 409


@edit("A second open is refused, or else reused", {f"{UNIQUE}/else": [409, "reuse"]}, second="")
def duplicates_refused_first(api: Client) -> None:
    api.open(external_id={"a": 1})
    assert api.opened(external_id={"a": 1}) == 409


@edit(
    "An endpoint is what the additional data say",
    {f"{UNIQUE}/key": ["channel", "additional_data"]},
    blames="DEDUP-01",
)
def unique_by_data(api: Client) -> None:
    assert api.open(additional_data={"a": 1}) == api.open(additional_data={"a": 1})
    assert api.open(external_id={"a": 1})["id"] != api.open(external_id={"a": 1})["id"]


@edit(
    "An external_id is unique whatever the channel",
    {f"{UNIQUE}/key": ["external_id"]},
    blames="DEDUP-05",
)
def unique_by_one_member(api: Client) -> None:
    first = api.open(external_id={"a": 1})
    assert api.open(external_id={"a": 1}, channel="sms")["id"] == first["id"]


@edit("An endpoint stays taken once its session is final", {f"{UNIQUE}/while": ["active", "final"]})
def unique_for_ever(api: Client) -> None:
    session = api.open(external_id={"a": 1})
    api.end(session["id"])
    assert api.open(external_id={"a": 1})["id"] == session["id"]


@edit("Nothing is unique", drop=[UNIQUE], blames="DEDUP-01")
def nothing_unique(api: Client) -> None:
    assert api.open(external_id={"a": 1})["id"] != api.open(external_id={"a": 1})["id"]


@edit("No turn is repeatable", drop=["/x-resource/idempotency"], blames="IDEM-01")
def nothing_repeatable(api: Client) -> None:
    session = api.open()["id"]
    for _ in range(2):
        api.submit(session, idempotency_key="k")
    assert len(api.read(session)["messages"]) == 4


@edit(
    "The timeout counts from the open",
    {"/x-resource/timer/since": "created_time"},
    blames="TTL-03",
    profile="ttl",
)
def timeout_from_the_open(api: Client) -> None:
    session = api.open(ttl_seconds=60)["id"]
    api.steer("POST", "/clock/advance", json={"by": "PT40S"})
    api.submit(session)
    api.steer("POST", "/clock/advance", json={"by": "PT40S"})
    assert api.read(session)["is_final"] is True


@edit("Nothing times out", drop=["/x-resource/timer"])
def no_timer(api: Client) -> None:
    assert api.opened() == 201


@edit("No member mirrors the state", drop=["/x-resource/state/mirror"])
def no_mirror(api: Client) -> None:
    assert api.opened() == 201


@edit("The state is told by a member that is not there", {"/x-resource/state/member": "phase"})
def unknown_member(api: Client) -> None:
    assert api.open()["phase"] == "active"


@edit("An operation has two parts", {"/x-resource/operations/end": "submitMessage"})
def operation_twice(api: Client) -> None:
    assert api.opened() == 201


@edit("An operation has none", drop=["/x-resource/operations/read"])
def operation_without_a_part(api: Client) -> None:
    assert api.opened() == 201


@edit("A word that the declaration does not have", {"/x-resource/cache": {"seconds": 5}})
def unknown_word(api: Client) -> None:
    assert api.opened() == 201


@edit("A refusal that nothing answers with", {"/x-resource/refusals/session-lost": [404]})
def unused_refusal(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "The page begins at a parameter that is not there",
    {"/x-resource/list/page": {"offset": "from", "limit": "take"}},
)
def unknown_page(api: Client) -> None:
    assert api.listed() == 200


@edit(
    "A turn says its text in another member",
    {
        "/x-resource/request/text": "words",
        "/components/schemas/SubmitRequest/properties/words": at(
            "/components/schemas/SubmitRequest/properties/content"
        ),
        "/components/schemas/SubmitRequest/required": ["words"],
        **{
            f"{place}/members": ["words"]
            for place in RULES.values()
            if at(place).get("members") == ["content"]
        },
        **{f"{place}/words": "Hello" for place in EXAMPLES["turns"]},
    },
    drop=["/components/schemas/SubmitRequest/properties/content"],
    blames="TURN-01",
)
def text_by_another_name(api: Client) -> None:
    answer = api.post(f"/api/v1/chats/{api.open()['id']}/messages", json={"words": "Hello"})
    assert answer.json()["messages"][0]["content"] == "You said: Hello"
