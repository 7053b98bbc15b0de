"""x-lifecycle: states, events, rows, effects, refusals and what never changes."""

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
