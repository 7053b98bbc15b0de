"""x-lifecycle: further states, events of the contract's own, and states by other names."""

from __future__ import annotations

from typing import Any

from ..edit import Client, edit
from ..places import END, SCHEMAS, SUBMIT, at, everywhere, parameter

TABLE = "/x-lifecycle/transitions"
OVER = {"to": "final", "effects": ["finalise", "pipeline"]}
KEPT = ["append", "touch", "remember"]


def third(state: str, rows: dict[str, dict[str, Any]], **values: Any) -> dict[str, Any]:
    """A further state that is not final, with its rows."""
    made = [{"state": state, "event": event, "effects": [], **row} for event, row in rows.items()]
    enum = ["active", state, "final", "all"]
    return {
        f"/x-lifecycle/states/{state}": "A state of its own.",
        f"{SCHEMAS}/StatusActive/enum": ["active", state],
        f"{parameter('state')}/schema/enum": enum,
        "/x-resource/unique/while": ["active", state],
        TABLE: [*at(TABLE), *made],
        **values,
    }


WAITING_ROWS: dict[str, dict[str, Any]] = {
    "submit": {"to": "active", "effects": KEPT},
    "finish": {**OVER, "reason": "agent_finish", "effects": [*KEPT, *OVER["effects"]]},
    "replay": {"to": "waiting"},
    "end": {**OVER, "reason": "user_end"},
    "expire": {**OVER, "reason": "ttl"},
}
WAITING = third("waiting", WAITING_ROWS)


def act(name: str, *refusing: str) -> dict[str, Any]:
    """An operation of the contract's own on a session, with its event."""
    listed = {
        status: at(f"{END}/responses/{status}")
        for status in ("400", "401", "403", "404", "422", "429")
    }
    session = {
        "description": "The session.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Session"}}},
    }
    refused = {status: at(f"{SUBMIT}/responses/{status}") for status in refusing}
    operation = {"operationId": f"{name}Chat", "responses": {"200": session, **listed, **refused}}
    parameters = at("/paths/~1api~1v1~1chats~1{id}~1end/parameters")
    return {
        f"/paths/~1api~1v1~1chats~1{{id}}~1{name}": {"parameters": parameters, "post": operation},
        f"/x-lifecycle/events/{name}": {"operation": f"{name}Chat", "text": f"a {name}"},
    }


def paused() -> dict[str, Any]:
    made = third(
        "paused",
        {
            "submit": {"to": "paused", "refusal": "session-paused"},
            "finish": {"to": "paused", "refusal": "session-paused"},
            "replay": {"to": "paused"},
            "end": {**OVER, "reason": "user_end"},
            "expire": {**OVER, "reason": "ttl"},
            "pause": {"to": "paused"},
            "resume": {"to": "active"},
        },
    )
    rows = [
        {"state": "active", "event": "pause", "to": "paused", "effects": []},
        {"state": "active", "event": "resume", "to": "active", "effects": []},
        {
            "state": "final",
            "event": "pause",
            "to": "final",
            "refusal": "session-final",
            "effects": [],
        },
        {
            "state": "final",
            "event": "resume",
            "to": "final",
            "refusal": "session-final",
            "effects": [],
        },
    ]
    made[TABLE] += rows
    return {
        **made,
        **act("pause", "409"),
        **act("resume", "409"),
        "/x-resource/refusals/session-paused": [409],
    }


@edit("A session waits between turns", WAITING, blames="LIST-27 TURN-01 LIFE-13")
def waiting(api: Client) -> None:
    session = api.open()["id"]
    assert api.submit(session).json()["status"] == "waiting"
    assert api.list(state="waiting")["total_count"] == 1
    assert api.submit(session).json()["status"] == "active"


@edit("A session can be paused and resumed", paused(), blames="LIST-27 LIFE-13")
def pause_and_resume(api: Client) -> None:
    session = api.open()["id"]
    assert api.act(session, "pause").json()["status"] == "paused"
    assert api.submit(session).status_code == 409
    assert api.act(session, "resume").json()["status"] == "active"


@edit(
    "A session can be pinged, which changes nothing",
    {
        **act("ping", "409"),
        TABLE: [
            *at(TABLE),
            {"state": "active", "event": "ping", "to": "active", "effects": ["touch"]},
            {
                "state": "final",
                "event": "ping",
                "to": "final",
                "refusal": "session-final",
                "effects": [],
            },
        ],
    },
)
def ping(api: Client) -> None:
    session = api.open()
    assert api.act(session["id"], "ping").json()["last_activity"] > session["last_activity"]
    api.end(session["id"])
    assert api.act(session["id"], "ping").status_code == 409


@edit(
    "A final session can be opened again",
    {
        **act("reopen"),
        TABLE: [
            *at(TABLE),
            {"state": "active", "event": "reopen", "to": "active", "effects": []},
            {"state": "final", "event": "reopen", "to": "active", "effects": []},
        ],
    },
)
def reopening(api: Client) -> None:
    session = api.ended()["id"]
    assert api.act(session, "reopen").json()["status"] == "active"


REOPENED = third(
    "reopened",
    {**WAITING_ROWS, "submit": {"to": "reopened", "effects": KEPT}, "replay": {"to": "reopened"}},
    **{**act("reopen"), "/x-resource/unique/while": ["active"]},
)
REOPENED[TABLE] += [
    {"state": "active", "event": "reopen", "to": "active", "effects": []},
    {"state": "reopened", "event": "reopen", "to": "reopened", "effects": []},
    {"state": "final", "event": "reopen", "to": "reopened", "effects": ["touch"]},
]


@edit("A final session goes on in a state of its own", REOPENED, blames="LIST-27 LIFE-13 LIFE-14")
def going_on(api: Client) -> None:
    session = api.ended()["id"]
    assert api.act(session, "reopen").json()["final_reason"] is None
    assert api.submit(session).json()["status"] == "reopened"
    assert api.end(session).json()["is_final"] is True


CLOSED = {
    '"final": ["messages"': '"closed": ["messages"',
    '"status": "final"': '"status": "closed"',
    '"state": "final"': '"state": "closed"',
    '"to": "final"': '"to": "closed"',
    '["final"]': '["closed"]',
    '"final": "The s': '"closed": "The s',
    '"given": "final"': '"given": "closed"',
    '["active", "final", "all"]': '["active", "closed", "all"]',
}


@edit(
    "Final sessions are called closed",
    everywhere(CLOSED),
    blames="SES-05 LIST-27",
    second="final=closed",
)
def closed(api: Client) -> None:
    assert api.ended()["status"] == "closed"
    assert api.list(state="closed")["total_count"] == 1
    assert api.listed(state="final") == 400


OPENED = {
    '"status": "active"': '"status": "open"',
    '"state": "active"': '"state": "open"',
    '"to": "active"': '"to": "open"',
    '["active"]': '["open"]',
    '"active": "The s': '"open": "The s',
    '"given": "active"': '"given": "open"',
    '["active", "final", "all"]': '["open", "final", "all"]',
    '"default": "active"': '"default": "open"',
    '"initial": "active"': '"initial": "open"',
}


@edit("Active sessions are called open", everywhere(OPENED), blames="SES-05 LIST-27")
def active_called_open(api: Client) -> None:
    assert api.open()["status"] == "open"
    assert api.list(state="open")["total_count"] == 1
