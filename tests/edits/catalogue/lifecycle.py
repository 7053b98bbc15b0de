"""x-lifecycle: states, events, rows, effects, refusals and what never changes."""

from __future__ import annotations

from typing import Any

from ..edit import Client, edit
from ..places import END, ROWS, SCHEMAS, SUBMIT, at, everywhere, parameter

CONFLICT = {f"{END}/responses/409": at(f"{SUBMIT}/responses/409")}


@edit(
    "An end is told as `operator_end`",
    {f"{ROWS['active', 'end']}/reason": "operator_end"},
    blames="END-01",
    second="ended=operator_end",
)
def reason_of_an_end(api: Client) -> None:
    assert api.ended()["final_reason"] == "operator_end"


@edit(
    "The agent's finish is told as `done`",
    {f"{ROWS['active', 'finish']}/reason": "done"},
    blames="LIFE-08",
    second="finished=done",
)
def reason_of_a_finish(api: Client) -> None:
    session = api.open("agent-closer")["id"]
    api.submit(session, "bye")
    assert api.read(session)["final_reason"] == "done"


@edit(
    "A second end is refused with 409",
    {f"{ROWS['final', 'end']}/refusal": "session-final", **CONFLICT},
    blames="END-02",
    second="late_end=409",
)
def second_end_refused(api: Client) -> None:
    assert api.end(api.ended()["id"]).status_code == 409


@edit(
    "A key is not answered again once the session is final",
    {f"{ROWS['final', 'replay']}/refusal": "session-final"},
    blames="IDEM-10",
    second="late_replay=409",
)
def late_replay_refused(api: Client) -> None:
    session = api.open()["id"]
    for _ in range(2):
        assert api.submit(session, idempotency_key="k").status_code == 200
    api.end(session)
    assert api.submit(session, idempotency_key="k").status_code == 409


@edit(
    "A turn leaves last_activity",
    {f"{ROWS['active', 'submit']}/effects": ["append", "remember"]},
    blames="TIME-02",
    second="quiet_turn=1",
)
def turn_leaves_the_time(api: Client) -> None:
    session = api.open()
    api.submit(session["id"])
    assert api.read(session["id"])["last_activity"] == session["last_activity"]


@edit(
    "Keys are not remembered",
    {f"{ROWS['active', 'submit']}/effects": ["append", "touch"]},
    blames="IDEM-01",
    second="forgetful=1",
)
def keys_forgotten(api: Client) -> None:
    session = api.open()["id"]
    for _ in range(2):
        api.submit(session, idempotency_key="k")
    assert len(api.read(session)["messages"]) == 4


@edit(
    "The agent's finish leaves no call result",
    {f"{ROWS['active', 'finish']}/effects": ["append", "touch", "remember", "finalise"]},
    blames="FIN-01",
    second="quiet_finish=1",
)
def finish_without_call_result(api: Client) -> None:
    session = api.open("agent-closer")["id"]
    api.submit(session, "bye")
    assert api.search(callIds=[session])["totalCount"] == 0


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


@edit(
    "A timeout is told as `silence`",
    {f"{ROWS['active', 'expire']}/reason": "silence"},
    blames="TTL-01",
    profile="core ttl",
    second="expired=silence",
)
def reason_of_a_timeout(api: Client) -> None:
    session = api.open(ttl_seconds=60)["id"]
    api.steer("POST", "/clock/advance", json={"by": "PT61S"})
    assert api.read(session)["final_reason"] == "silence"


@edit(
    "An end moves last_activity",
    {f"{ROWS['active', 'end']}/effects": ["touch", "finalise", "pipeline"]},
    second="",
    choices="touch_on_end=on",
)
def end_moves_the_time(api: Client) -> None:
    session = api.open()
    assert api.end(session["id"]).json()["last_activity"] > session["last_activity"]


@edit(
    "A turn is not kept in the transcript",
    {f"{ROWS['active', 'submit']}/effects": ["touch", "remember"]},
    blames="TURN-07 GET-04 TURN-06",
)
def turn_not_kept(api: Client) -> None:
    session = api.open()["id"]
    api.submit(session)
    assert api.read(session)["messages"] == []


@edit(
    "The key of the last turn is not remembered",
    {f"{ROWS['active', 'finish']}/effects": ["append", "touch", "finalise", "pipeline"]},
    blames="IDEM-03",
)
def last_key_forgotten(api: Client) -> None:
    session = api.open("agent-closer")["id"]
    assert api.submit(session, "bye", idempotency_key="k").status_code == 200
    assert api.submit(session, "bye", idempotency_key="k").status_code == 409


@edit("A timeout leaves no call result", {f"{ROWS['active', 'expire']}/effects": ["finalise"]})
def timeout_without_call_result(api: Client) -> None:
    session = api.open(ttl_seconds=60)["id"]
    api.steer("POST", "/clock/advance", json={"by": "PT61S"})
    assert api.read(session)["is_final"] is True
    assert api.search(callIds=[session])["totalCount"] == 0


@edit(
    "An end leaves no call result",
    {f"{ROWS['active', 'end']}/effects": ["finalise"]},
    blames="FIN-01",
)
def end_without_call_result(api: Client) -> None:
    assert api.search(callIds=[api.ended()["id"]])["totalCount"] == 0


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
    "state: final": "",
    '"final": ["messages"': '"closed": ["messages"',
    '"status": "final"': '"status": "closed"',
    '"state": "final"': '"state": "closed"',
    '"to": "final"': '"to": "closed"',
    '["final"]': '["closed"]',
    '"final": "The s': '"closed": "The s',
    '"given": "final"': '"given": "closed"',
    '["active", "final", "all"]': '["active", "closed", "all"]',
}
del CLOSED["state: final"]


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


def row(state: str, event: str, **values: Any) -> dict[str, Any]:
    """The values of a row, in the place of all that it had."""
    return {ROWS[state, event]: {"state": state, "event": event, "effects": [], **values}}


@edit(
    "A final session takes turns", row("final", "submit", to="final", effects=["append", "touch"])
)
def late_turns(api: Client) -> None:
    assert api.submit(api.ended()["id"]).status_code == 200


@edit(
    "A session cancelled is final too, and told apart",
    {
        "/x-resource/state/final": ["final", "cancelled"],
        "/x-lifecycle/states/cancelled": "Given up.",
        f"{SCHEMAS}/StatusFinal/enum": ["final", "cancelled"],
    },
)
def two_final_states(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "An end may cancel: a second event of one operation",
    {
        "/x-lifecycle/events/cancel": {"operation": "endChat", "text": "an end that cancels"},
        TABLE: [
            *at(TABLE),
            {"state": "active", "event": "cancel", **OVER, "reason": "cancelled"},
            {"state": "final", "event": "cancel", "to": "final", "effects": []},
        ],
    },
)
def second_event_of_an_operation(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "A session drowses after a while: a second timer",
    {
        "/x-lifecycle/events/drowse": {"operation": None, "text": "half of the timeout"},
        TABLE: [
            *at(TABLE),
            {"state": "active", "event": "drowse", "to": "active", "effects": []},
            {"state": "final", "event": "drowse", "to": "final", "effects": []},
        ],
    },
)
def second_timer(api: Client) -> None:
    assert api.opened() == 201


@edit("A row has a guard", {f"{ROWS['active', 'submit']}/guard": "content != ''"})
def guard(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "A row has an effect that nothing does",
    {f"{ROWS['active', 'submit']}/effects": [*KEPT, "notify"]},
)
def unknown_effect(api: Client) -> None:
    assert api.submit(api.open()["id"]).status_code == 200


@edit(
    "A session becomes final without being finalised",
    {f"{ROWS['active', 'end']}/effects": ["pipeline"]},
)
def final_without_finalise(api: Client) -> None:
    assert api.ended()["is_final"] is True


@edit("A state lacks a row", drop=[ROWS["final", "expire"]])
def row_lacking(api: Client) -> None:
    assert api.opened() == 201


@edit("There are no rows", {TABLE: []})
def no_rows(api: Client) -> None:
    assert api.opened() == 201


@edit("What is new is final", {"/x-lifecycle/initial": "final"})
def final_at_first(api: Client) -> None:
    assert api.open()["is_final"] is True


@edit("A state that no row leads to", {"/x-lifecycle/states/lost": "Nobody gets here."})
def unreachable_state(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "The timeout of a session may change",
    {"/x-lifecycle/immutable/always": ["id", "agent_id", "channel", "created_time"]},
)
def timeout_may_change(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "last_activity never changes",
    {"/x-lifecycle/immutable/always": [*at("/x-lifecycle/immutable/always"), "last_activity"]},
)
def activity_never_changes(api: Client) -> None:
    session = api.open()
    api.submit(session["id"])
    assert api.read(session["id"])["last_activity"] == session["last_activity"]


@edit(
    "Events are told in other words",
    {
        "/x-lifecycle/events/end/text": "somebody hangs up",
        "/x-lifecycle/states/active": "It listens.",
    },
    second="",
)
def other_words(api: Client) -> None:
    assert api.opened() == 201
