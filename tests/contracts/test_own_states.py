"""States and events of a contract's own are carried out too."""

from __future__ import annotations

from typing import Any

from tests.serving import Api

from .conftest import Mock
from .edits import CONTRACT, ROWS


def length(api: Api, session: Any) -> int:
    return len(api.read(session["id"])["messages"])


def waiting(**members: Any) -> dict[str, Any]:
    """A third state: a session waits once it was spoken to, and while it waits it takes turns."""
    turn = {"effects": ["append", "touch", "remember"]}
    over = {"to": "final", "reason": "user_end", "effects": ["finalise", "pipeline"]}
    nothing: dict[str, Any] = {"effects": []}
    rows = {
        "submit": {"to": "active", **turn, **members},
        "finish": {**over, "reason": "agent_finish"},
        "replay": {"to": "waiting", **nothing},
        "end": over,
        "expire": {**over, "reason": "ttl"},
    }
    rows = {event: {"state": "waiting", "event": event, **row} for event, row in rows.items()}
    return {
        "/x-lifecycle/states/waiting": "It was spoken to.",
        "/components/schemas/StatusActive/enum": ["active", "waiting"],
        ROWS: [*({**row} for row in CONTRACT["x-lifecycle"]["transitions"]), *rows.values()],
        f"{ROWS}/0/to": "waiting",
        "/paths/~1api~1v1~1chats/get/parameters/2/schema/enum": ["active", "waiting", "all"],
        "/x-resource/unique/while": ["active", "waiting"],
    }


def test_a_state_that_leads_back(mock: Mock) -> None:
    with mock(waiting()) as api:
        session = api.open(external_id={"a": 1})
        assert api.submit(session["id"]).json()["status"] == "waiting"
        assert api.read(session["id"])["is_final"] is False
        assert [one["id"] for one in api.list(state="waiting")["items"]] == [session["id"]]
        assert api.list(state="active")["total_count"] == 0
        assert api.open(external_id={"a": 1})["id"] == session["id"]
        assert api.submit(session["id"]).json()["status"] == "active"
        assert api.submit(session["id"]).json()["status"] == "waiting"
        assert api.end(session["id"]).json()["status"] == "final"
        assert api.open(external_id={"a": 1})["id"] != session["id"]


def test_an_endpoint_that_is_free_in_a_state(mock: Mock) -> None:
    values = pausing(**{"/x-resource/unique/while": ["active"]})
    for row in values[ROWS]:
        if (row["state"], row["event"]) == ("paused", "resume"):
            row.update(to="paused", effects=[])
    with mock(values) as api:
        session = api.open(external_id={"a": 1})
        assert api.post(f"/api/v1/chats/{session['id']}/pause").json()["status"] == "paused"
        assert api.submit(session["id"]).status_code == 409
        assert length(api, session) == 0
        assert api.open(external_id={"a": 1})["id"] != session["id"]


def test_a_timeout_in_a_state_of_ones_own(mock: Mock) -> None:
    with mock(waiting()) as api:
        session = api.open(ttl_seconds=60)
        api.submit(session["id"])
        api.admin("POST", "/clock/advance", json={"by": "PT61S"})
        read = api.read(session["id"])
        assert (read["status"], read["final_reason"]) == ("final", "ttl")


def test_a_state_of_ones_own_is_dumped_and_loaded(mock: Mock) -> None:
    with mock(waiting()) as api:
        session = api.open(external_id={"a": 1})
        api.submit(session["id"])
        document = api.admin("GET", "/state").json()
        assert api.admin("PUT", "/state", json=document).status_code == 200
        assert api.read(session["id"])["status"] == "waiting"
        document["sessions"][0]["state"] = "asleep"
        refused = api.admin("PUT", "/state", json=document)
        assert refused.json()["errors"][0]["pointer"] == "/sessions/0/state"


def pausing(**others: Any) -> dict[str, Any]:
    """A third state, with two operations that lead there and back."""
    paths = "/paths/~1api~1v1~1chats~1{id}~1"
    end = CONTRACT["paths"]["/api/v1/chats/{id}/end"]["post"]["responses"]
    refused = CONTRACT["paths"]["/api/v1/chats/{id}/messages"]["post"]["responses"]["409"]
    answers = {status: end[status] for status in ("200", "400", "401", "403", "404", "422", "429")}
    shown = {
        "200": {
            "description": "The session.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Session"}}},
        }
    }
    table = CONTRACT["x-lifecycle"]
    over = {"to": "final", "effects": ["finalise", "pipeline"]}
    rows: list[dict[str, Any]] = [
        {"state": "active", "event": "pause", "to": "paused"},
        {"state": "active", "event": "resume", "to": "active"},
        {"state": "paused", "event": "pause", "to": "paused"},
        {"state": "paused", "event": "resume", "to": "active", "effects": ["touch"]},
        {"state": "paused", "event": "submit", "to": "paused", "refusal": "session-paused"},
        {"state": "paused", "event": "finish", "to": "paused", "refusal": "session-paused"},
        {"state": "paused", "event": "replay", "to": "paused"},
        {"state": "paused", "event": "end", **over, "reason": "user_end"},
        {"state": "paused", "event": "expire", **over, "reason": "ttl"},
        {"state": "final", "event": "pause", "to": "final", "refusal": "session-final"},
        {"state": "final", "event": "resume", "to": "final", "refusal": "session-final"},
    ]
    item = CONTRACT["paths"]["/api/v1/chats/{id}/end"]
    made: dict[str, Any] = {
        "/x-lifecycle/states/paused": "It waits.",
        "/components/schemas/StatusActive/enum": ["active", "paused"],
        "/x-lifecycle/transitions": [
            *table["transitions"],
            *({"effects": [], **row} for row in rows),
        ],
        "/x-resource/unique/while": ["active", "paused"],
        "/x-resource/refusals/session-paused": [409],
    }
    for name in ("pause", "resume"):
        act = {
            "operationId": f"{name}Chat",
            "responses": {**answers, **shown, "409": refused},
            **{key: item["post"][key] for key in ("parameters",) if key in item["post"]},
        }
        whole = {key: item[key] for key in ("parameters",) if key in item}
        made[f"{paths}{name}"] = {**whole, "post": act}
        made[f"/x-lifecycle/events/{name}"] = {"operation": f"{name}Chat", "text": f"a {name}"}
    return {**made, **others}


def test_operations_of_ones_own(mock: Mock) -> None:
    with mock(pausing()) as api:
        session = api.open()
        path = f"/api/v1/chats/{session['id']}"
        assert api.post(f"{path}/pause").json()["status"] == "paused"
        assert api.post(f"{path}/pause").json()["is_final"] is False
        refused = api.submit(session["id"])
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/session-paused")
        assert length(api, session) == 0
        resumed = api.post(f"{path}/resume").json()
        assert resumed["status"] == "active"
        assert resumed["last_activity"] > session["last_activity"]
        assert api.submit(session["id"]).status_code == 200
        api.post(f"{path}/pause")
        assert api.end(session["id"]).json()["final_reason"] == "user_end"
        assert api.post(f"{path}/resume").status_code == 409
        nobody = "/api/v1/chats/00000000-0000-4000-8000-000000000000"
        assert api.post(f"{nobody}/pause").status_code == 404
        seen = {(row["state"], row["event"]): row["count"] for row in transitions(api)}
        assert (seen["active", "pause"], seen["paused", "submit"]) == (2, 1)


def cancelling() -> dict[str, Any]:
    """A second final state, with an operation that leads there and leaves no call result."""
    made = pausing()
    pause, rows = made["/paths/~1api~1v1~1chats~1{id}~1pause"], made[ROWS]
    late = [
        {**row, "state": "cancelled", "to": "cancelled"} for row in rows if row["state"] == "final"
    ]
    over = {"event": "cancel", "to": "cancelled", "reason": "cancelled", "effects": ["finalise"]}
    rows += [*late, *({**over, "state": state} for state in ("active", "paused"))]
    rows += [
        {"state": to, "event": "cancel", "to": to, "effects": []} for to in ("final", "cancelled")
    ]
    table = CONTRACT["x-lifecycle"]
    return {
        **made,
        "/paths/~1api~1v1~1chats~1{id}~1cancel": {
            **pause,
            "post": {**pause["post"], "operationId": "cancelChat"},
        },
        "/x-lifecycle/events/cancel": {"operation": "cancelChat", "text": "a cancel"},
        "/x-lifecycle/states/cancelled": "It was cancelled.",
        "/x-lifecycle/immutable/cancelled": table["immutable"]["final"],
        "/x-resource/state/final": ["final", "cancelled"],
        "/components/schemas/StatusFinal/enum": ["final", "cancelled"],
        "/paths/~1api~1v1~1chats/get/parameters/2/schema/enum": ["active", "cancelled", "all"],
    }


def test_two_final_states(mock: Mock) -> None:
    with mock(cancelling()) as api:
        cancelled, ended = api.open(external_id={"a": 1}), api.open()
        path = f"/api/v1/chats/{cancelled['id']}"
        told = api.post(f"{path}/cancel").json()
        assert (told["status"], told["is_final"]) == ("cancelled", True)
        assert told["final_reason"] == "cancelled"
        assert api.end(cancelled["id"]).json() == told
        assert api.end(ended["id"]).json()["status"] == "final"
        assert [one["id"] for one in api.list(state="cancelled")["items"]] == [cancelled["id"]]
        assert api.search(callIds=[cancelled["id"]])["totalCount"] == 0
        assert api.submit(cancelled["id"]).status_code == 409
        assert api.open(external_id={"a": 1})["id"] != cancelled["id"]
        document = api.admin("GET", "/state").json()
        assert api.admin("PUT", "/state", json=document).status_code == 200
        assert api.read(cancelled["id"]) == told


def transitions(api: Api) -> Any:
    return api.admin("GET", "/coverage").json()["transitions"]
