"""x-lifecycle: what a row says: its reason, its effects and its refusal."""

from __future__ import annotations

from ..edit import Client, edit
from ..places import END, ROWS, SUBMIT, at

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
