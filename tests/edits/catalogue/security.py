"""Security schemes, and which operations want a key."""

from __future__ import annotations

import httpx

from ..edit import Client, edit
from ..places import LIST

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
