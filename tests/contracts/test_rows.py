"""The mock does what the rows of the lifecycle say, also where they say something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_server.contract.document import load_contract
from mock_server.contract.source import FixtureError
from mock_server.domain.store import StoreError
from mock_server.store.opening import open_store
from tests.serving import Api

from .conftest import Mock
from .edits import CONTRACT, ROWS, edited
from .test_own_states import length, pausing, waiting

CONFLICT = "/paths/~1api~1v1~1chats~1{id}~1end/post/responses/409"


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


def test_a_refusal_that_no_status_is_listed_for(tmp_path: Path) -> None:
    values = pausing()
    del values["/x-resource/refusals/session-paused"]
    path = edited({"name": "no status", "set": values}, tmp_path).path
    with pytest.raises(FixtureError, match='turn-in-flight, got "session-paused"'):
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
