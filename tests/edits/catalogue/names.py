"""Names of members, parameters, operations and paths."""

from __future__ import annotations

from ..edit import Client, edit
from ..places import END, ENDING, GET, PATHS, SCHEMAS, SEARCH, at, everywhere, words

NOTED = f"{END}/requestBody/content/application~1json/examples/noted"


@edit(
    "ttl_seconds is called timeout_seconds",
    words(ttl_seconds="timeout_seconds"),
    blames="SES-01",
    second="names=ttl_seconds:timeout_seconds",
)
def timeout_by_another_name(api: Client) -> None:
    assert api.open(timeout_seconds=600)["timeout_seconds"] == 600


@edit(
    "external_id is called endpoint_id",
    words(external_id="endpoint_id"),
    blames="DEDUP-01",
    second="names=external_id:endpoint_id",
)
def endpoint_by_another_name(api: Client) -> None:
    assert api.open(endpoint_id={"a": 1}) == api.open(endpoint_id={"a": 1})
    assert api.open(external_id={"a": 1})["id"] != api.open(external_id={"a": 1})["id"]


@edit(
    "idempotency_key is called request_id",
    words(idempotency_key="request_id"),
    blames="IDEM-01",
    second="names=idempotency_key:request_id",
)
def key_by_another_name(api: Client) -> None:
    session = api.open()
    for _ in range(2):
        api.submit(session["id"], request_id="k")
    assert len(api.read(session["id"])["messages"]) == 2


@edit(
    "The page begins at `offset`, not `skip`",
    words(skip="offset"),
    blames="LIST-01",
    second="names=skip:offset",
)
def skip_by_another_name(api: Client) -> None:
    assert api.list(offset=3)["offset"] == 3


@edit(
    "The base path is /api/v2",
    everywhere({"/api/v1/": "/api/v2/"}),
    blames="OPEN-01",
    second="chats=/api/v2/chats results=/api/v2/callresults/search",
)
def base_path_v2(api: Client) -> None:
    assert api.post("/api/v2/chats", json={"agent_id": "agent-echo"}).status_code == 201


@edit(
    "Chats are called conversations in paths",
    everywhere({"/api/v1/chats": "/api/v1/conversations"}),
    blames="OPEN-01",
    second="chats=/api/v1/conversations",
)
def conversations(api: Client) -> None:
    assert api.post("/api/v1/conversations", json={"agent_id": "agent-echo"}).status_code == 201


@edit(
    "Operations have other ids",
    words(
        openChat="startChat",
        getChat="showChat",
        listChats="findChats",
        submitMessage="say",
        endChat="closeChat",
        searchCallResults="findResults",
    ),
    second="",
)
def operations_by_other_names(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "created_time is called begun",
    words(created_time="begun"),
    blames="SES-01",
    second="names=created_time:begun",
)
def created_by_another_name(api: Client) -> None:
    assert api.open()["begun"]


@edit(
    "last_activity is called moved",
    words(last_activity="moved"),
    blames="SES-01",
    second="names=last_activity:moved",
)
def activity_by_another_name(api: Client) -> None:
    assert api.open()["moved"]


@edit(
    "The tool calls of a message are called tools",
    words(tool_calls="tools"),
    blames="MSG-01",
    second="names=tool_calls:tools",
)
def calls_by_another_name(api: Client) -> None:
    session = api.open("agent-tools")["id"]
    first = api.submit(session).json()["messages"][0]
    assert first["tools"][0]["name"]


@edit(
    "The role of a message is called author, and its time said_at",
    {
        **everywhere({'"role"': '"author"', '"time"': '"said_at"'}),
        "/x-resource": {
            **at("/x-resource"),
            "message": {**at("/x-resource/message"), "role": "author", "time": "said_at"},
        },
    },
    blames="MSG-01",
    second="names=role:author,time:said_at",
)
def message_by_other_names(api: Client) -> None:
    session = api.open()["id"]
    assert api.submit(session).json()["messages"][0]["author"] == "assistant"


@edit(
    "Who speaks is customer or service",
    everywhere({'"user"': '"customer"', '"assistant"': '"service"'})
    | {
        "/x-resource": {
            **at("/x-resource"),
            "message": {**at("/x-resource/message"), "user": "customer", "agent": "service"},
        },
    },
    blames="MSG-02",
)
def roles_by_other_names(api: Client) -> None:
    session = api.open()["id"]
    api.submit(session)
    assert [m["role"] for m in api.read(session)["messages"]] == ["customer", "service"]


@edit(
    "is_final is called over", words(is_final="over"), blames="SES-01", second="names=is_final:over"
)
def mirror_by_another_name(api: Client) -> None:
    assert api.ended()["over"] is True


@edit(
    "final_reason is called cause",
    words(final_reason="cause"),
    blames="SES-01",
    second="names=final_reason:cause",
)
def reason_by_another_name(api: Client) -> None:
    assert api.ended()["cause"] == "user_end"


@edit(
    "agent_id is called bot", words(agent_id="bot"), blames="OPEN-01", second="names=agent_id:bot"
)
def agent_by_another_name(api: Client) -> None:
    assert api.post("/api/v1/chats", json={"bot": "agent-echo"}).json()["bot"] == "agent-echo"


@edit(
    "note is called remark",
    {
        f"{SCHEMAS}/EndRequest/properties": {"remark": at(f"{ENDING}/note")},
        "/x-resource/request/note": "remark",
        f"{NOTED}/value": {"remark": "Customer hung up"},
    },
    blames="END-12",
    second="names=note:remark",
)
def note_by_another_name(api: Client) -> None:
    assert api.end(api.open()["id"], remark=7).status_code == 400
    assert api.end(api.open()["id"], note=7).status_code == 200


@edit(
    "additional_data is called context",
    words(additional_data="context"),
    blames="OPEN-11",
    second="names=additional_data:context",
)
def data_by_another_name(api: Client) -> None:
    assert api.opened(context=7) == 400


@edit(
    "callId is called outcome_id",
    words(callId="outcome_id"),
    blames="FIN-03",
    second="names=callId:outcome_id",
)
def outcome_by_another_name(api: Client) -> None:
    id = api.ended()["id"]
    assert [row["outcome_id"] for row in api.search(callIds=[id])["results"]] == [id]


@edit("callAdditionalData is called context", words(callAdditionalData="context"), blames="FIN-03")
def kept_data_by_another_name(api: Client) -> None:
    api.ended(additional_data={"customer": "Ada"})
    found = api.search(additionalDataFilters={"context.customer": "Ada"})["results"]
    assert [row["context"]["customer"] for row in found] == ["Ada"]


@edit(
    "agentIds is called bots", words(agentIds="bots"), blames="FIN-05", second="names=agentIds:bots"
)
def agents_of_a_search_by_another_name(api: Client) -> None:
    api.ended()
    assert api.search(bots=["no"])["totalCount"] == 0
    assert api.search(agentIds=["no"])["totalCount"] == 1


@edit(
    "totalPages is called sheets",
    words(totalPages="sheets"),
    blames="FIN-03",
    second="names=totalPages:sheets",
)
def pages_of_a_search_by_another_name(api: Client) -> None:
    api.ended()
    assert api.search()["sheets"] == 1


@edit(
    "A search does not tell how many pages there are",
    drop=[
        f"{SCHEMAS}/CallResultPage/properties/totalPages",
        f"{SCHEMAS}/CallResultPage/required/2",
        "/x-resource/search/pages",
        f"{SEARCH}/responses/200/content/application~1json/examples/page/value/totalPages",
    ],
    blames="FIN-03",
)
def search_without_pages(api: Client) -> None:
    assert {*api.search()} == {"results", "totalCount"}


@edit(
    "The id in paths is called key",
    everywhere(
        {
            "{id}": "{key}",
            '"name": "id"': '"name": "key"',
            '"id": "$re': '"key": "$re',
            "path.id": "path.key",
        }
    ),
    second="",
)
def id_by_another_name(api: Client) -> None:
    assert api.read(api.open()["id"])["status"] == "active"


@edit(
    "Ids are chat_ and 32 hexadecimal digits",
    {
        f"{SCHEMAS}/SessionIdValue": {"type": "string", "pattern": "^chat_[0-9a-f]{32}$"},
        "/components/parameters/SessionId/schema": {
            "type": "string",
            "pattern": "^chat_[0-9a-f]{32}$",
        },
    },
)
def ids_with_a_prefix(api: Client) -> None:
    assert api.open()["id"].startswith("chat_")


@edit(
    "Ids are any text",
    drop=[f"{SCHEMAS}/SessionIdValue/format", "/components/parameters/SessionId/schema/format"],
)
def ids_of_any_form(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "The base path stands in servers",
    {**everywhere({"/api/v1/": "/"}), "/servers": [{"url": "http://127.0.0.1:4010/api/v1"}]},
    base="/api/v1",
)
def base_path_of_servers(api: Client) -> None:
    assert api.opened() == 201
    assert "POST" in api.put("/api/v1/chats").headers["Allow"]


@edit(
    "Chats belong to an organisation of the path",
    everywhere({"/api/v1/chats": "/orgs/{org}/chats"}),
)
def two_parameters(api: Client) -> None:
    assert api.post("/orgs/a/chats", json={"agent_id": "agent-echo"}).status_code == 201


@edit("Paths end with a slash", everywhere({'"/api/v1/chats"': '"/api/v1/chats/"'}))
def trailing_slash(api: Client) -> None:
    assert api.post("/api/v1/chats/", json={"agent_id": "agent-echo"}).status_code == 201


@edit(
    "A chat may be deleted",
    {
        f"{PATHS}chats~1{{id}}/delete": {
            "operationId": "deleteChat",
            "responses": {"204": {"description": "Gone."}, "404": at(f"{GET}/responses/404")},
        }
    },
    blames="HTTP-08",
)
def delete(api: Client) -> None:
    assert api.delete(f"/api/v1/chats/{api.open()['id']}").status_code == 204


@edit(
    "An operation that nothing declares",
    {
        "/paths/~1api~1v1~1statistics": {
            "get": {
                "operationId": "getStatistics",
                "responses": {"200": {"description": "Figures."}},
            }
        }
    },
)
def statistics(api: Client) -> None:
    assert api.get("/api/v1/statistics").status_code == 200


@edit("Call results are not searched", drop=["/paths/~1api~1v1~1callresults~1search"])
def no_search(api: Client) -> None:
    assert api.post("/api/v1/callresults/search", json={}).status_code == 404
