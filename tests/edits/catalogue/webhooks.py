"""x-webhooks: what is announced, and how."""

from __future__ import annotations

from ..edit import Client, edit
from ..places import SCHEMAS, at, words

HOOK = "/x-webhooks/chatCompleted"
BODY = f"{HOOK}/post/requestBody/content/application~1json"
PAYLOAD = f"{SCHEMAS}/CompletedWebHookPayload"


@edit(
    "The webhook always says endpoint and times",
    {
        f"{PAYLOAD}/required": [
            *at(f"{PAYLOAD}/required"),
            "endpoint",
            "createdTime",
            "completedTime",
        ]
    },
    profile="core webhooks",
    second="",
)
def payload_required(api: Client) -> None:
    api.ended()
    assert {"endpoint", "createdTime", "completedTime"} <= {*api.hook.wait_for(1, 10)[0]}


@edit(
    "The webhook says the session's id too, which nothing gives",
    {
        f"{PAYLOAD}/properties/sessionId": {"type": "string"},
        f"{PAYLOAD}/required": [*at(f"{PAYLOAD}/required"), "sessionId"],
        f"{BODY}/example/sessionId": "1",
    },
    profile="webhooks",
    blames="HOOK-01",
)
def payload_session_id(api: Client) -> None:
    api.ended()
    assert api.hook.wait_for(1, 10)[0]["sessionId"]


@edit(
    "The webhook's type is ChatFinished",
    {
        f"{PAYLOAD}/properties/type/enum": ["ChatFinished"],
        f"{BODY}/example/type": "ChatFinished",
        "/x-resource/result/fixed/type": "ChatFinished",
    },
    profile="webhooks",
    blames="HOOK-01",
)
def payload_type(api: Client) -> None:
    api.ended()
    assert api.hook.wait_for(1, 10)[0]["type"] == "ChatFinished"


@edit(
    "transcription is called said, and its speaker who",
    {
        **words(transcription="said", speaker="who"),
        "/x-resource/result/transcript": {"member": "said", "speaker": "who", "text": "text"},
    },
    profile="core webhooks",
    blames="HOOK-01 FIN-04",
)
def payload_by_other_names(api: Client) -> None:
    session = api.open()
    api.submit(session["id"], "Hello")
    api.end(session["id"])
    assert api.hook.wait_for(1, 10)[0]["said"][0] == {"who": "user", "text": "Hello"}


@edit(
    "The webhook does not tell the transcript",
    drop=[f"{PAYLOAD}/properties/transcription", f"{BODY}/example/transcription"],
    profile="webhooks",
)
def payload_without_transcript(api: Client) -> None:
    api.ended()
    assert "transcription" not in api.hook.wait_for(1, 10)[0]


@edit(
    "Opened sessions are announced too",
    {"/x-webhooks/chatOpened": {"post": {**at(f"{HOOK}/post"), "operationId": "chatOpened"}}},
)
def second_webhook(api: Client) -> None:
    api.open()
    assert api.hook.wait_for(1, 10)


@edit(
    "The webhook is called chatFinished",
    {
        "/x-webhooks": {
            "chatFinished": {"post": {**at(f"{HOOK}/post"), "operationId": "chatFinished"}}
        }
    },
    second="",
)
def webhook_by_another_name(api: Client) -> None:
    api.ended()
    assert api.hook.wait_for(1, 10)


@edit("The webhook is put, not posted", {HOOK: {"put": at(f"{HOOK}/post")}})
def webhook_put(api: Client) -> None:
    assert api.opened() == 201


@edit("Nothing is announced", {"/x-webhooks": {}})
def no_webhook(api: Client) -> None:
    assert api.ended()["is_final"] is True


@edit(
    "A receiver may answer 204",
    {f"{HOOK}/post/responses/204": {"description": "Received."}},
    second="",
)
def receivers_204(api: Client) -> None:
    api.ended()
    assert api.hook.wait_for(1, 10)


@edit(
    "The webhook tells of explicit ends alone",
    {
        f"{PAYLOAD}/properties/result/properties/finishReason": {
            "type": "string",
            "enum": ["user_end"],
        }
    },
)
def payload_of_ends_alone(api: Client) -> None:
    api.ended()
    assert api.hook.wait_for(1, 10)
