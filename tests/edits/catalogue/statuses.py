"""Statuses, refusals and the form of errors."""

from __future__ import annotations

from ..edit import Client, edit
from ..places import OPEN, at, operations


@edit(
    "A broken request is 422 alone",
    drop=[f"{place}/responses/400" for place in operations() if "400" in at(f"{place}/responses")],
    blames="HTTP-01",
    second="",
    choices="malformed_json=422 malformed_id=422",
)
def invalid_is_422(api: Client) -> None:
    assert api.opened(ttl_seconds=1) == 422


@edit(
    "A new session is answered 200 alone",
    drop=[f"{OPEN}/responses/201"],
    blames="HTTP-01",
    second="",
)
def new_is_200(api: Client) -> None:
    assert api.opened() == 200
