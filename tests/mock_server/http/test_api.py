"""The six operations over real HTTP, in the order of the contract."""

import uuid

import pytest

from tests.serving import CHATS, HELLO, under_way

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def problem(response, status, name):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert response.json()["type"] == f"/problems/{name}"
    return response.json()


def test_an_open_gives_a_new_active_session(api):
    response = api.post(CHATS, json={"agent_id": "agent-echo", "ttl_seconds": 60})
    session = response.json()
    assert response.status_code == 201
    assert uuid.UUID(session.pop("id"))
    assert session.pop("created_time") == session.pop("last_activity")
    assert session == {
        "agent_id": "agent-echo",
        "channel": "web",
        "messages": [],
        "ttl_seconds": 60,
        "is_final": False,
        "status": "active",
        "final_reason": None,
    }


def test_an_open_keeps_what_is_internal_out_of_the_session(api):
    session = api.open(external_id={"n": uuid.uuid4().hex}, additional_data={"a": 1}, other=1)
    assert len(session) == 10


def test_an_open_of_an_unknown_agent_is_refused(api):
    problem(api.post(CHATS, json={"agent_id": "nobody"}), 404, "unknown-agent")


def test_an_open_of_a_disabled_agent_is_refused(api):
    problem(api.post(CHATS, json={"agent_id": "agent-disabled"}), 409, "agent-disabled")


def test_a_duplicate_open_gives_the_session_unchanged(api):
    mark = uuid.uuid4().hex
    first = api.open(channel="sms", external_id={"a": {"x": 1, "y": 2}, "b": mark}, ttl_seconds=90)
    again = api.post(
        CHATS,
        json={
            "agent_id": "agent-tools",
            "channel": "sms",
            "external_id": {"b": mark, "a": {"y": 2, "x": 1}},
        },
    )
    assert again.status_code == 200
    assert again.json() == first
    assert api.list(channel="sms")["total_count"] == 1


def test_an_endpoint_is_its_channel_and_its_external_id(api):
    mark = {"n": uuid.uuid4().hex}
    ids = {
        api.open(channel="one", external_id=mark)["id"],
        api.open(channel="two", external_id=mark)["id"],
        api.open(channel="one", external_id={**mark, "m": 1})["id"],
        api.open(channel="one")["id"],
        api.open(channel="one")["id"],
    }
    assert len(ids) == 5


def test_an_endpoint_is_free_again_when_its_session_is_final(api):
    mark = {"n": uuid.uuid4().hex}
    first = api.open(external_id=mark)
    api.end(first["id"])
    assert api.open(external_id=mark)["id"] != first["id"]


def test_a_greeting_agent_speaks_first(api):
    (greeting,) = api.open("agent-greeter")["messages"]
    assert greeting["role"] == "assistant"
    assert greeting["content"].startswith("Hello")


def test_a_session_is_read_as_it_was_opened(api):
    session = api.open()
    assert api.read(session["id"]) == session
    assert api.read(session["id"].upper()) == session


def test_an_unknown_session_is_not_found(api):
    problem(api.get(f"{CHATS}/{UNKNOWN}"), 404, "unknown-session")
    problem(api.submit(UNKNOWN), 404, "unknown-session")
    problem(api.end(UNKNOWN), 404, "unknown-session")


def test_a_turn_is_answered_and_kept(api):
    session = api.open()
    response = api.submit(session["id"], " Grüß\x00 Gott\u2028 ")
    assert response.status_code == 200
    (reply,) = response.json()["messages"]
    assert reply["content"] == "You said:  Grüß\x00 Gott\u2028 "
    after = api.read(session["id"])
    assert after["messages"][0]["content"] == " Grüß\x00 Gott\u2028 "
    assert after["messages"][1:] == [reply]
    assert after["last_activity"] > session["last_activity"]


def test_tool_turns_come_before_the_reply(api):
    tool, reply = api.submit(api.open("agent-tools")["id"]).json()["messages"]
    assert set(tool["tool_calls"][0]) == {"id", "name", "arguments", "response"}
    assert reply["tool_calls"] is None
    assert reply["content"]


def test_a_repeated_key_is_answered_without_another_round(api):
    session = api.open()
    first = api.submit(session["id"], "one", idempotency_key="k").json()
    state = api.read(session["id"])
    assert api.submit(session["id"], "two", idempotency_key="k").json() == first
    assert api.read(session["id"]) == state
    api.end(session["id"])
    assert api.submit(session["id"], "one", idempotency_key="k").json() == first


def test_the_turn_that_finished_is_replayed(api):
    session = api.open("agent-closer")
    first = api.submit(session["id"], "bye then", idempotency_key="k").json()
    assert first["is_final"] is True
    assert api.submit(session["id"], "bye then", idempotency_key="k").json() == first
    problem(api.submit(session["id"], "more", idempotency_key="other"), 409, "session-final")


def test_an_empty_key_is_no_key(api):
    session = api.open()
    for _ in range(2):
        api.submit(session["id"], idempotency_key="")
    assert len(api.read(session["id"])["messages"]) == 4


def test_a_failing_agent_stores_nothing_and_its_key_runs_again(api):
    session = api.open("agent-failing")
    for _ in range(2):
        problem(api.submit(session["id"], idempotency_key="k"), 502, "agent-failed")
    assert api.read(session["id"]) == session


def test_the_end_as_the_vendor_prints_it(api):
    session = api.open()
    api.submit(session["id"])
    response = api.post(f"{CHATS}/{session['id']}/end", json={"note": "<string>"})
    final = response.json()
    assert response.status_code == 200
    assert (final["is_final"], final["status"]) == (True, "final")
    assert final["final_reason"] == "user_end"
    assert len(final["messages"]) == 2
    assert "<string>" not in response.text
    again = api.post(f"{CHATS}/{session['id']}/end", json={"note": "<string>"})
    assert (again.status_code, again.json()) == (200, final)
    assert api.read(session["id"]) == final


def test_an_end_keeps_the_agents_reason(api):
    session = api.open("agent-closer")
    api.submit(session["id"], "bye")
    assert api.end(session["id"]).json()["final_reason"] == "agent_finish"


@pytest.mark.parametrize("body", [None, {}, {"note": None}])
def test_a_note_is_optional(api, body):
    response = api.post(f"{CHATS}/{api.open()['id']}/end", json=body)
    assert response.status_code == 200


def test_an_end_overtakes_a_slow_turn_which_then_stores_nothing(start):
    api = start()
    session = api.open("agent-slow")
    with under_way(api, "POST", f"{CHATS}/{session['id']}/messages", json=HELLO) as turn:
        final = api.end(session["id"]).json()
    problem(turn.result(), 409, "session-final")
    assert api.read(session["id"]) == final
    assert final["messages"] == []


def test_lists_filter_order_and_page(start):
    api = start()
    echo = [api.open(channel="a")["id"] for _ in range(3)]
    other = api.open("agent-tools", channel="a")["id"]
    final = api.open(channel="b")["id"]
    api.end(final)
    api.submit(echo[0])
    assert [s["id"] for s in api.list()["items"]] == [echo[0], other, echo[2], echo[1]]
    assert api.list(state="final")["items"] == [api.read(final)]
    assert api.list(state="all", take=1)["total_count"] == 5
    assert api.list(agent_id="agent-tools")["total_count"] == 1
    assert api.list(channel="a", agent_id="agent-echo")["total_count"] == 3
    assert api.list(channel="b")["items"] == []
    page = api.list(skip=1, take=2)
    assert [s["id"] for s in page["items"]] == [other, echo[2]]
    assert (page["skip"], page["take"], page["total_count"]) == (1, 2, 4)
    assert api.list(skip=2**31 - 1)["items"] == []
    assert (api.list()["skip"], api.list()["take"]) == (0, 20)


def test_updated_after_is_exclusive(start):
    api = start()
    first, second = api.open(), api.open()
    listed = api.list(updated_after=first["last_activity"])
    assert [s["id"] for s in listed["items"]] == [second["id"]]
    assert api.list(updated_after=second["last_activity"])["items"] == []


def test_a_finished_session_is_found_as_one_call_result(start):
    api = start()
    session = api.open(additional_data={"customer": "Ada", "a.b": {"c": [1]}, "big": 2**64 - 1})
    assert api.search()["totalCount"] == 0
    api.submit(session["id"], "Hello")
    for _ in range(3):
        api.end(session["id"])
    page = api.search()
    (row,) = page["results"]
    assert (page["totalCount"], page["totalPages"]) == (1, 1)
    assert row["callId"] == session["id"]
    assert row["callAdditionalData"]["customer"] == "Ada"
    assert row["result"] == {"finishReason": "user_end", "postCallAnalysis": {}}
    assert row["transcription"] == [
        {"speaker": "user", "text": "Hello"},
        {"speaker": "assistant", "text": "You said: Hello"},
    ]


def test_call_results_are_filtered_and_paged(start):
    api = start()
    sessions = [api.open(additional_data={"n": n, "deep": {"x": str(n)}}) for n in range(3)]
    sessions.append(api.open("agent-closer", channel="sms"))
    for session in sessions:
        api.end(session["id"])
    ids = [session["id"] for session in sessions]
    found = lambda **body: [row["callId"] for row in api.search(**body)["results"]]  # noqa: E731
    assert found() == ids[::-1]
    assert found(page=1, size=3) == ids[:1]
    assert api.search(size=3)["totalPages"] == 2
    assert found(agentIds=["agent-closer", "x"]) == ids[3:]
    assert found(callIds=[ids[1].upper(), "x"]) == [ids[1]]
    assert found(callStatuses=["Failed"]) == []
    assert found(endpoint="sms") == ids[3:]
    assert found(additionalDataFilters={"callAdditionalData.n": 1}) == [ids[1]]
    assert found(additionalDataFilters={"callAdditionalData.deep.x": "2"}) == [ids[2]]
    assert found(additionalDataFilters={"callAdditionalData.n": "1"}) == []
    assert found(additionalDataFilters={"callAdditionalData.n": True}) == []
    times = [row["completedTime"] for row in api.search()["results"]][::-1]
    assert found(fromDate=times[1], toDate=times[2]) == [ids[2], ids[1]]


def test_the_mock_answers_beside_the_contract(api):
    assert api.get("/livez").json() == {"status": "ok"}
    assert api.get("/readyz").json() == {"status": "ok"}
    assert "Session final" in api.get("/problems/session-final").text
    assert api.get("/").headers["location"] == "/ui/"
    assert "swagger-ui" in api.get("/ui/").text
    assert api.get("/ui/swagger-ui-bundle.js").status_code == 200
    assert api.get("/openapi.json").json()["paths"].keys() >= {CHATS}
