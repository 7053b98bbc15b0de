"""How large a transcript may grow: at the bound, and beyond."""

import pytest

from mock_server.codec import texts
from mock_server.domain.transcript import MOST_CHARACTERS, MOST_MESSAGES
from tests.serving import Api

AGENTS = {
    "quiet": {"script": [{"reply": ""}]},
    "teller": {"script": [{"reply": "", "tools": [{"name": "a" * 100}]}]},
}


@pytest.fixture(scope="module")
def api():
    with Api.of() as api:
        api.steer("POST", "/seed", json={"agents": AGENTS})
        yield api


def session(messages, agent="quiet"):
    """A state with one session of these messages; its id."""
    id = "11111111-1111-4111-8111-111111111111"
    said = [{"role": "user", "content": text} for text in messages]
    one = {"id": id, "agent_id": agent, "created_time": "2030-01-01T00:00:00Z", "messages": said}
    return {"version": 1, "sessions": [one]}, id


@pytest.mark.parametrize(
    ("messages", "text", "status"),
    [
        (["a"] * (MOST_MESSAGES - 2), "a", 200),
        (["a"] * (MOST_MESSAGES - 1), "a", 413),
        (["a" * 700_000] * 5 + ["a" * (MOST_CHARACTERS - 3_500_010)], "a" * 10, 200),
        (["a" * 700_000] * 5 + ["a" * (MOST_CHARACTERS - 3_500_010)], "a" * 11, 413),
    ],
)
def test_a_turn_that_a_transcript_has_no_room_for_is_refused(api, messages, text, status):
    document, id = session(messages)
    api.steer("PUT", "/state", json=document)
    answer = api.submit(id, text, idempotency_key="k")
    assert answer.status_code == status
    assert len(api.read(id)["messages"]) == len(messages) + 2 * (status == 200)
    if status == 413:
        assert answer.json()["type"] == "/problems/content-too-large"
        assert "5000 messages and 4194304 characters" in answer.json()["detail"]
        assert api.submit(id, text, idempotency_key="k").status_code == 413
    assert api.end(id).status_code == 200


def test_a_long_one_is_written_in_parts_between_which_others_have_a_turn(api, monkeypatch):
    document, id = session(["a" * 800] * (MOST_MESSAGES - 2))
    api.steer("PUT", "/state", json=document)
    written = []
    monkeypatch.setattr(
        "mock_server.http.replies.texts", lambda value: written.append(value["id"]) or texts(value)
    )
    assert len(api.read(id)["messages"]) == MOST_MESSAGES - 2
    assert written == [id]


def test_tool_calls_count(api):
    document, id = session(["a" * 700_000] * 5 + ["a" * (MOST_CHARACTERS - 3_500_100)], "teller")
    api.steer("PUT", "/state", json=document)
    assert api.submit(id, "a").status_code == 413


@pytest.mark.parametrize("messages", [["a"] * (MOST_MESSAGES + 1), ["a" * 700_000] * 6])
def test_a_state_holds_no_larger_one(api, messages):
    refused = api.admin("PUT", "/state", json=session(messages)[0])
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/sessions/0/messages"


@pytest.mark.parametrize(
    ("text", "fitting"), [("a", MOST_MESSAGES // 2), ("a" * 20_000, MOST_CHARACTERS // 20_000)]
)
def test_a_seed_makes_no_larger_one(api, text, fitting):
    turns = {"agent_id": "quiet", "turns": [text] * (fitting + 1)}
    refused = api.admin("POST", "/seed", json={"sessions": [turns]})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == f"/sessions/0/turns/{fitting}"
