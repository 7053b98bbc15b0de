"""Members of requests and of answers, and the schemas that hold them."""

from __future__ import annotations

from typing import Any

from ..edit import Client, edit
from ..places import (
    ENDING,
    EXAMPLES,
    FORMS,
    LIST,
    OPENING,
    SCHEMAS,
    TURN,
    at,
    changed,
    every_message,
    every_session,
)

LANGUAGE = {"type": "string", "enum": ["en", "de", "fr"], "default": "en"}
LABEL = {"type": "string", "nullable": True, "maxLength": 20}


def shown(name: str, schema: Any) -> dict[str, Any]:
    """A member that sessions may show."""
    return {f"{SCHEMAS}/{form}/properties/{name}": schema for form in FORMS}


def required(schema: str, *names: str) -> dict[str, Any]:
    return {
        f"{SCHEMAS}/{schema}/required": [*at(f"{SCHEMAS}/{schema}").get("required", []), *names]
    }


def labelled() -> dict[str, Any]:
    return {f"{OPENING}/label": LABEL, **shown("label", LABEL)}


@edit("An open may say a language", {f"{OPENING}/language": LANGUAGE}, blames="HTTP-21")
def language(api: Client) -> None:
    assert api.opened(language="de") == 201
    assert api.opened(language="xx") == 400


@edit(
    "The same, by reference",
    {
        f"{OPENING}/language": {"$ref": "#/components/schemas/Language"},
        f"{SCHEMAS}/Language": LANGUAGE,
    },
    blames="HTTP-21",
)
def language_by_reference(api: Client) -> None:
    assert api.opened(language="de") == 201
    assert api.opened(language="xx") == 400


@edit(
    "An open may say a priority, 0 or more",
    {f"{OPENING}/priority": {"type": "integer", "minimum": 0}},
    blames="HTTP-21",
)
def priority(api: Client) -> None:
    assert api.opened(priority=3) == 201
    assert api.opened(priority=-1) == 400


@edit(
    "An open may say whether it is a test",
    {f"{OPENING}/test": {"type": "boolean"}},
    blames="HTTP-21",
)
def flag(api: Client) -> None:
    assert api.opened(test=True) == 201
    assert api.opened(test="yes") == 400


@edit(
    "An open may tell of the customer",
    {
        f"{OPENING}/customer": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}},
        }
    },
    blames="HTTP-21",
)
def customer(api: Client) -> None:
    assert api.opened(customer={"name": "Ada"}) == 201
    assert api.opened(customer={}) == 400


@edit(
    "An open may give up to five tags",
    {f"{OPENING}/tags": {"type": "array", "maxItems": 5, "items": {"type": "string"}}},
    blames="HTTP-21",
)
def tags(api: Client) -> None:
    assert api.opened(tags=["a"]) == 201
    assert api.opened(tags=["a"] * 6) == 400


@edit(
    "An open must name the customer",
    changed(
        {
            f"{OPENING}/customer_id": {"type": "string", "minLength": 1},
            **required("OpenRequest", "customer_id"),
        },
        opens={"customer_id": "c-1"},
    ),
    blames="HTTP-22",
)
def customer_required(api: Client) -> None:
    assert api.opened() == 400
    assert api.opened(customer_id="c") == 201


@edit(
    "An open must say its channel",
    changed(required("OpenRequest", "channel"), opens={"channel": "web"}),
    blames="HTTP-22",
)
def channel_required(api: Client) -> None:
    assert api.opened() == 400
    assert api.opened(channel="web") == 201


@edit(
    "A turn must carry a key",
    changed(required("SubmitRequest", "idempotency_key"), turns={"idempotency_key": "k-1"}),
    blames="HTTP-22",
)
def key_required(api: Client) -> None:
    session = api.open()["id"]
    assert api.submit(session).status_code == 400
    assert api.submit(session, idempotency_key="k").status_code == 200


@edit("A turn may say its language", {f"{TURN}/language": LANGUAGE}, blames="HTTP-21")
def turn_language(api: Client) -> None:
    session = api.open()["id"]
    assert api.submit(session, language="de").status_code == 200
    assert api.submit(session, language="xx").status_code == 400


@edit(
    "An end may say how satisfied the user was",
    {f"{ENDING}/score": {"type": "integer", "minimum": 1, "maximum": 5}},
    blames="HTTP-21",
)
def score_of_an_end(api: Client) -> None:
    session = api.open()["id"]
    assert api.end(session, score=6).status_code == 400
    assert api.end(session, score=5).status_code == 200


@edit(
    "An end must say why",
    changed(required("EndRequest", "note"), ends={"note": "done"}),
    blames="HTTP-22",
)
def note_required(api: Client) -> None:
    session = api.open()["id"]
    assert api.end(session).status_code == 400
    assert api.end(session, note="x").status_code == 200


@edit(
    "An end must have a body",
    {"/paths/~1api~1v1~1chats~1{id}~1end/post/requestBody/required": True},
    blames="HTTP-22",
    second="",
    choices="end_without_body=reject",
)
def body_of_an_end(api: Client) -> None:
    assert api.post(f"/api/v1/chats/{api.open()['id']}/end").status_code == 400


@edit(
    "external_id is a text",
    {
        f"{OPENING}/external_id": {"type": "string", "nullable": True},
        f"{EXAMPLES['opens'][1]}/external_id": "+15550100",
    },
    blames="DEDUP-01",
)
def external_id_text(api: Client) -> None:
    assert api.open(external_id="a") == api.open(external_id="a")
    assert api.opened(external_id={"a": 1}) == 400


@edit(
    "external_id has two known members",
    {
        f"{OPENING}/external_id": {
            "type": "object",
            "nullable": True,
            "required": ["from", "to"],
            "properties": {"from": {"type": "string"}, "to": {"type": "string"}},
        }
    },
)
def external_id_shaped(api: Client) -> None:
    assert api.opened(external_id={"from": "a", "to": "b"}) == 201
    assert api.opened(external_id={"from": "a"}) == 400


@edit(
    "Members that are not listed are refused",
    {f"{SCHEMAS}/OpenRequest/additionalProperties": False},
    blames="HTTP-14",
    profile="core generated",
)
def closed_opens(api: Client) -> None:
    assert api.opened(more=1) == 400


@edit("An open may give a label, which sessions show", labelled(), blames="SES-05 SES-01 OPEN-19")
def label(api: Client) -> None:
    session = api.open(label="a")
    assert session["label"] == api.read(session["id"])["label"] == "a"
    assert api.opened(label="a" * 21) == 400


@edit(
    "The same, and lists are filtered by it",
    {
        **labelled(),
        f"{LIST}/parameters": [
            *at(f"{LIST}/parameters"),
            {"name": "label", "in": "query", "schema": {"type": "string"}},
        ],
        "/x-resource/list/filters/label": "label",
    },
    blames="LIST-29 LIST-06 SES-05 LIST-08",
)
def label_filter(api: Client) -> None:
    session = api.open(label="a")
    api.open(label="b")
    assert [one["id"] for one in api.list(label="a")["items"]] == [session["id"]]


@edit(
    "A session may have a title, which nobody gives",
    every_session("title", {"type": "string", "nullable": True}),
)
def title(api: Client) -> None:
    assert api.open().get("title") is None


@edit(
    "A session must have a title, which nobody gives",
    every_session("title", {"type": "string", "nullable": True}, required=True, value=None),
    blames="SES-01",
)
def title_required(api: Client) -> None:
    assert api.open()["title"] is None


@edit(
    "Sessions do not show when they were opened",
    drop=[f"{SCHEMAS}/{form}/properties/created_time" for form in FORMS],
)
def no_created_time(api: Client) -> None:
    assert "created_time" not in api.open()


@edit(
    "Transcripts are never left out of lists",
    drop=[f"{SCHEMAS}/ListedTranscript/nullable"],
    blames="LIST-25",
    second="",
    choices="list_messages=full",
    old_choices="listed_messages=null",
)
def transcripts_listed(api: Client) -> None:
    session = api.open()["id"]
    api.submit(session)
    assert len(api.list()["items"][0]["messages"]) == 2


@edit(
    "Every message says which tools it called",
    every_message(
        {f"{SCHEMAS}/Message/required": ["role", "content", "time", "tool_calls"]},
        "tool_calls",
        [],
    ),
    blames="MSG-01",
    second="",
    choices="tool_calls=null",
    old_choices="tool_calls=absent",
)
def tool_calls_required(api: Client) -> None:
    session = api.open()["id"]
    assert "tool_calls" in api.submit(session).json()["messages"][0]


@edit(
    "A message has an id",
    {f"{SCHEMAS}/Message/properties/id": {"type": "string"}, **required("Message", "id")},
)
def message_id(api: Client) -> None:
    assert api.submit(api.open()["id"]).json()["messages"][0]["id"]


@edit(
    "Agents may be given as objects",
    {f"{OPENING}/agent_id": {"oneOf": [{"type": "string"}, {"type": "object"}]}},
)
def agent_alternatives(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "The session's schema is put together by allOf",
    {
        f"{SCHEMAS}/SessionCommon": {
            "type": "object",
            "properties": {"id": {"$ref": "#/components/schemas/SessionIdValue"}},
        },
        f"{SCHEMAS}/ActiveSession": {
            "allOf": [
                {"$ref": "#/components/schemas/SessionCommon"},
                at(f"{SCHEMAS}/ActiveSession"),
            ]
        },
    },
    second="",
)
def all_of(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "Call results always say their status and type",
    {f"{SCHEMAS}/CallResult/required": ["callId", "agentId", "callStatus", "callType"]},
    second="",
)
def call_result_required(api: Client) -> None:
    api.ended()
    assert api.search()["results"][0]["callType"] == "Chat"


@edit("Call results have no score", drop=[f"{SCHEMAS}/CallResult/properties/score"], second="")
def call_result_without_score(api: Client) -> None:
    api.ended()
    assert "score" not in api.search()["results"][0]


@edit(
    "Call results must say their language, which nobody gives",
    {
        f"{SCHEMAS}/CallResult/properties/language": {"type": "string"},
        f"{SCHEMAS}/CallResult/required": ["callId", "agentId", "language"],
    },
    blames="FIN-03",
)
def call_result_language(api: Client) -> None:
    api.ended()
    assert "language" in api.search()["results"][0]


@edit(
    "An open may give an e-mail address",
    {f"{OPENING}/email": {"type": "string", "format": "email", "nullable": True}},
    blames="HTTP-21",
)
def email(api: Client) -> None:
    assert api.opened(email="ada@example.org") == 201
    assert api.opened(email="ada") == 400


@edit(
    "Data have twenty members at most",
    {f"{OPENING}/additional_data/maxProperties": 20},
    blames="HTTP-21",
)
def data_up_to_twenty(api: Client) -> None:
    assert api.opened(additional_data={f"m{number}": 1 for number in range(20)}) == 201
    assert api.opened(additional_data={f"m{number}": 1 for number in range(21)}) == 400


@edit("A transcript has a hundred messages at most", {f"{SCHEMAS}/Transcript/maxItems": 100})
def transcript_bounded(api: Client) -> None:
    assert api.open()["messages"] == []


@edit("Sessions show agents of a list alone", {f"{SCHEMAS}/AgentId/enum": ["agent-echo"]})
def agents_shown_listed(api: Client) -> None:
    assert api.opened("agent-tools") == 201


@edit("A note may not be n/a", {f"{ENDING}/note/not": {"enum": ["n/a"]}}, blames="HTTP-21")
def note_that_is_none(api: Client) -> None:
    session = api.open()["id"]
    assert api.end(session, note="n/a").status_code == 400
    assert api.end(session, note="done").status_code == 200


@edit(
    "An open may have a number of 32 bits",
    {f"{OPENING}/number": {"type": "integer", "format": "int32"}},
    blames="HTTP-21",
)
def number_of_32_bits(api: Client) -> None:
    assert api.opened(number=2**31 - 1) == 201
    assert api.opened(number=2**31) == 400


@edit("A turn may be null", {f"{TURN}/content/nullable": True})
def turn_of_null(api: Client) -> None:
    assert api.opened() == 201
