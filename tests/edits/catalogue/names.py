"""Names of members, parameters, operations and paths."""

from __future__ import annotations

from ..edit import Client, edit
from ..places import everywhere, words


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
