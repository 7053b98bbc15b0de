"""Security schemes, and which operations want a key."""

from __future__ import annotations

import httpx

from ..edit import Client, edit
from ..places import GET, LIST, SEARCH

SCHEME = "/components/securitySchemes/bearer"


def anonymous(api: Client, path: str, **headers: str) -> int:
    """The status of a request without the usual key."""
    return httpx.get(api.base_url.join(path), headers=headers, trust_env=False).status_code


def key(api: Client) -> str:
    return api.headers["Authorization"].removeprefix("Bearer ")


@edit(
    "The key comes in X-API-Key",
    {SCHEME: {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
    blames="AUTH-01",
    second="key=x-api-key",
)
def key_in_a_header(api: Client) -> None:
    assert anonymous(api, "/api/v1/chats", **{"X-API-Key": key(api)}) == 200
    assert anonymous(api, "/api/v1/chats", Authorization=api.headers["Authorization"]) == 401


@edit("No operation wants a key", {"/security": []}, blames="OPEN-01", second="key=none")
def no_key(api: Client) -> None:
    assert anonymous(api, "/api/v1/chats") == 200


@edit("Anybody may list", {f"{LIST}/security": []}, blames="AUTH-01", second="public=list_chats")
def list_without_a_key(api: Client) -> None:
    assert anonymous(api, "/api/v1/chats") == 200
    assert anonymous(api, "/api/v1/chats/00000000-0000-4000-8000-000000000000") == 401


@edit(
    "The key comes in the query",
    {SCHEME: {"type": "apiKey", "in": "query", "name": "key"}},
    blames="AUTH-01 OPEN-01",
)
def key_in_the_query(api: Client) -> None:
    assert anonymous(api, f"/api/v1/chats?key={key(api)}") == 200
    assert anonymous(api, "/api/v1/chats", Authorization=api.headers["Authorization"]) == 401


@edit(
    "The key comes in a cookie",
    {SCHEME: {"type": "apiKey", "in": "cookie", "name": "session"}},
    blames="AUTH-01 OPEN-01",
)
def key_in_a_cookie(api: Client) -> None:
    assert anonymous(api, "/api/v1/chats", Cookie=f"session={key(api)}") == 200
    assert anonymous(api, "/api/v1/chats", Authorization=api.headers["Authorization"]) == 401


@edit(
    "The key is a name and a password",
    {SCHEME: {"type": "http", "scheme": "basic"}},
    blames="AUTH-01 OPEN-01",
)
def basic(api: Client) -> None:
    assert anonymous(api, "/api/v1/chats", Authorization=api.headers["Authorization"]) == 401


@edit("Keys are JSON web tokens", {f"{SCHEME}/bearerFormat": "JWT"}, second="")
def bearer_format(api: Client) -> None:
    assert api.opened() == 201


@edit("Anybody may retrieve", {f"{GET}/security": []}, blames="AUTH-01", second="public=get_chat")
def get_without_a_key(api: Client) -> None:
    assert anonymous(api, f"/api/v1/chats/{api.open()['id']}") == 200
    assert anonymous(api, "/api/v1/chats") == 401


@edit(
    "Anybody may search call results",
    {f"{SEARCH}/security": []},
    blames="AUTH-01",
    second="public=search_results",
)
def search_without_a_key(api: Client) -> None:
    answer = httpx.post(api.base_url.join("/api/v1/callresults/search"), json={}, trust_env=False)
    assert answer.status_code == 200


@edit(
    "A bearer key or one in a header",
    {
        "/security": [{"bearer": []}, {"header": []}],
        "/components/securitySchemes/header": {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
        },
    },
)
def either_scheme(api: Client) -> None:
    assert anonymous(api, "/api/v1/chats", **{"X-API-Key": key(api)}) == 200


@edit("Keys have scopes", {"/security": [{"bearer": ["chats:write"]}]})
def scopes(api: Client) -> None:
    assert api.opened() == 201


@edit("Keys come from OAuth 2", {SCHEME: {"type": "oauth2", "flows": {}}})
def oauth(api: Client) -> None:
    assert api.opened() == 201


@edit("A scheme that nothing defines", {f"{LIST}/security": [{"nobody": []}]})
def undefined_scheme(api: Client) -> None:
    assert api.listed() == 200
