"""The mock does what the rows of the lifecycle say, also where they say something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from mock_server.contract.document import load_contract
from mock_server.contract.source import FixtureError
from mock_server.domain.store import StoreError
from mock_server.store.opening import open_store
from tests.serving import Api

from .edits import CONTRACT, edited

ROWS = "/x-lifecycle/transitions"
CONFLICT = "/paths/~1api~1v1~1chats~1{id}~1end/post/responses/409"
Mock = Callable[[dict[str, Any]], AbstractContextManager[Api]]


@pytest.fixture
def mock(tmp_path: Path) -> Mock:
    """A mock of the contract with other values at some places."""

    @contextmanager
    def made(values: dict[str, Any]) -> Iterator[Api]:
        path = edited({"name": "other rows", "set": values}, tmp_path).path
        with Api.of(contract=path) as api:
            yield api

    return made


def length(api: Api, session: Any) -> int:
    return len(api.read(session["id"])["messages"])


def test_a_turn_that_is_not_kept(mock: Mock) -> None:
    with mock({f"{ROWS}/0/effects": ["touch"]}) as api:
        session = api.open()
        assert api.submit(session["id"]).json()["messages"]
        assert length(api, session) == 0


def test_a_turn_that_leaves_the_time(mock: Mock) -> None:
    with mock({f"{ROWS}/0/effects": ["append", "remember"]}) as api:
        session = api.open()
        api.submit(session["id"])
        assert api.read(session["id"])["last_activity"] == session["last_activity"]
        assert length(api, session) == 2


def test_a_key_that_is_forgotten(mock: Mock) -> None:
    with mock({f"{ROWS}/0/effects": ["append", "touch"]}) as api:
        session = api.open()
        for _ in range(2):
            api.submit(session["id"], idempotency_key="one")
        assert length(api, session) == 4


def test_a_finish_that_runs_no_pipeline(mock: Mock) -> None:
    effects = ["append", "touch", "remember", "finalise"]
    with mock({f"{ROWS}/1/effects": effects}) as api:
        session = api.open("agent-closer")
        assert api.submit(session["id"], "bye").json()["is_final"] is True
        assert api.search(callIds=[session["id"]])["totalCount"] == 0
        assert api.mock.sandbox.events.kept[-1].type == "session.final"


def test_an_end_that_moves_the_time(mock: Mock) -> None:
    with mock({f"{ROWS}/3/effects": ["touch", "finalise", "pipeline"]}) as api:
        session = api.open()
        assert api.end(session["id"]).json()["last_activity"] > session["last_activity"]


def test_an_end_of_a_final_session_that_is_refused(mock: Mock) -> None:
    conflict = {"$ref": "#/components/responses/BadRequest"}
    with mock({f"{ROWS}/8/refusal": "session-final", CONFLICT: conflict}) as api:
        session = api.open()
        assert api.end(session["id"]).status_code == 200
        assert api.end(session["id"]).status_code == 409


def test_a_replay_on_a_final_session_that_is_refused(mock: Mock) -> None:
    with mock({f"{ROWS}/7/refusal": "session-final"}) as api:
        session = api.open()
        assert api.submit(session["id"], idempotency_key="one").status_code == 200
        assert api.submit(session["id"], idempotency_key="one").status_code == 200
        api.end(session["id"])
        assert api.submit(session["id"], idempotency_key="one").status_code == 409


def test_a_body_that_is_no_json_where_422_alone_is_listed(mock: Mock, tmp_path: Path) -> None:
    taking = ("chats/post", "chats/get", "chats~1{id}~1messages/post", "chats~1{id}~1end/post")
    paths = [f"/paths/~1api~1v1~1{part}/responses/400" for part in taking]
    paths.append("/paths/~1api~1v1~1callresults~1search/post/responses/400")
    path = edited({"name": "no 400", "drop": paths}, tmp_path).path
    with Api.of(contract=path) as api:
        answer = api.post(
            "/api/v1/chats", content=b"{", headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 422
        assert api.post("/api/v1/chats", json={}).status_code == 422


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


def test_a_refusal_that_no_status_is_listed_for(tmp_path: Path) -> None:
    values = pausing()
    del values["/x-resource/refusals/session-paused"]
    path = edited({"name": "no status", "set": values}, tmp_path).path
    with pytest.raises(FixtureError, match='unknown-agent or agent-disabled, got "session-paused"'):
        load_contract(path)


def labelled() -> dict[str, Any]:
    """A member that an open may give and every session shows, with a filter."""
    schemas = CONTRACT["components"]["schemas"]
    forms = ("ActiveSession", "FinalSession", "ListedActiveSession", "ListedFinalSession")
    label = {"type": "string", "maxLength": 20}
    places = {f"/components/schemas/{form}/properties/label": form for form in forms}
    parameters = CONTRACT["paths"]["/api/v1/chats"]["get"]["parameters"]
    query = {"name": "label", "in": "query", "schema": label}
    assert all("label" not in schemas[form]["properties"] for form in forms)
    return {
        "/components/schemas/OpenRequest/properties/label": {**label, "nullable": True},
        **{place: {**label, "nullable": True} for place in places},
        "/paths/~1api~1v1~1chats/get/parameters": [*parameters, query],
        "/x-resource/list/filters/label": "label",
    }


@pytest.fixture(params=["memory", "postgres"])
def db(request: pytest.FixtureRequest) -> str | None:
    if request.param == "memory":
        return None
    postgres = request.getfixturevalue("postgres")
    url: str = postgres.url(postgres.create())
    return url


def test_a_member_that_an_open_gives_is_shown_and_selects(tmp_path: Path, db: str | None) -> None:
    path = edited({"name": "a label", "set": labelled()}, tmp_path).path
    with Api.of(contract=path, db=db) as api:
        odd = '","label":"b\x00\\'
        labels = ["a", "A", odd, None]
        sessions = [api.open(label=label) for label in labels]
        assert [session["label"] for session in sessions] == labels
        assert [api.read(session["id"])["label"] for session in sessions] == labels
        assert api.open()["label"] is None
        assert api.post("/api/v1/chats", json={"agent_id": "agent-echo", "label": 7}).is_error
        for label, session in zip(labels[:3], sessions, strict=False):
            assert [one["id"] for one in api.list(label=label)["items"]] == [session["id"]]
        assert api.list(label="b\x00\\")["total_count"] == 0
        assert api.end(sessions[0]["id"]).json()["label"] == "a"
        assert api.list(label="a")["total_count"] == 0
        assert api.list(label="a", state="final")["total_count"] == 1


def test_a_file_with_sessions_in_a_state_that_none_can_be_in(tmp_path: Path) -> None:
    path, db = edited({"name": "waiting", "set": waiting()}, tmp_path).path, tmp_path / "state.db"
    with Api.of(contract=path, db=db) as api:
        api.submit(api.open()["id"])
    with pytest.raises(StoreError, match=r"state\.db: it has sessions that are waiting"):
        open_store(db, load_contract().lifecycle.states)
    with Api.of(contract=path, db=db) as api:
        assert api.list(state="waiting")["total_count"] == 1
