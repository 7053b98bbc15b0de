"""The state as a document: taken, written by hand, refused."""

import pytest

from tests.mock_server.admin.states import NOON, everything, refused, story

SESSION = {
    "id": "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10",
    "agent_id": "agent-echo",
    "created_time": NOON,
}


def test_a_document_gives_the_same_sandbox_again(client, shared):
    story(client)
    document = client.steer("GET", "/state")
    with shared.in_sandbox("copy") as copy:
        assert copy.steer("PUT", "/state", json=document) == {"sessions": 2}
        assert everything(copy) == everything(client)
        assert copy.steer("GET", "/state") == document
        replayed = copy.submit(document["sessions"][1]["id"], idempotency_key="k1")
        assert replayed.json()["messages"][0]["content"] == "You said: Hello"


def test_a_session_is_written_by_hand_in_three_members(client):
    assert client.steer("PUT", "/state", json={"version": 1, "sessions": [SESSION]})
    session = client.read(SESSION["id"])
    assert (session["status"], session["last_activity"]) == ("active", NOON)
    assert client.submit(SESSION["id"]).status_code == 200


def test_a_session_is_made_overdue_by_hand(client, eventually):
    old = {**SESSION, "created_time": "2020-01-05T12:00:00Z", "ttl_seconds": 60}
    client.steer("PUT", "/state", json={"version": 1, "sessions": [old]})
    eventually(lambda: client.read(SESSION["id"])["final_reason"] == "ttl")


@pytest.mark.parametrize("mode", ["wall", "frozen"])
def test_a_state_ahead_of_the_clock_takes_it_along(client, eventually, mode):
    client.steer("PUT", "/clock", json={"mode": mode})
    ahead = {**SESSION, "ttl_seconds": 60, "last_activity": "2030-01-05T12:30:00Z"}
    client.steer("PUT", "/state", json={"version": 1, "sessions": [ahead]})
    clock = client.steer("GET", "/clock")
    assert (clock["mode"], clock["now"][:16]) == (
        "frozen" if mode == "frozen" else "offset",
        "2030-01-05T12:30",
    )
    said = client.submit(SESSION["id"]).json()["messages"]
    session = client.read(SESSION["id"])
    assert session["messages"][-1] == said[-1]
    assert session["last_activity"] == said[-1]["time"] >= "2030-01-05T12:30:00"
    client.steer("POST", "/clock/advance", json={"by": "PT61S"})
    assert client.read(SESSION["id"])["final_reason"] == "ttl"


def test_a_final_session_ahead_of_the_clock_takes_it_along(client):
    final = {**SESSION, "final_reason": "ttl", "finished_time": "2030-01-05T12:01:00Z"}
    client.steer("PUT", "/state", json={"version": 1, "sessions": [final]})
    assert client.steer("GET", "/clock")["now"] >= "2030-01-05T12:01:00"


@pytest.mark.parametrize(
    ("sessions", "pointer", "words"),
    [
        ([{**SESSION, "id": "7"}], "/sessions/0/id", "wanted"),
        ([{**SESSION, "agent_id": "nobody"}], "/sessions/0/agent_id", "load it first"),
        ([{**SESSION, "created_time": "today"}], "/sessions/0/created_time", "RFC 3339"),
        ([{**SESSION, "ttl_seconds": 1}], "/sessions/0/ttl_seconds", "at least 60"),
        ([{**SESSION, "colour": 1}], "/sessions/0", '"colour"'),
        ([SESSION, SESSION], "/sessions/1/id", "ids are unique"),
        (
            [
                {**SESSION, "external_id": {"a": 1, "b": 2}},
                {**SESSION, "id": SESSION["id"][:-1] + "1", "external_id": {"b": 2, "a": 1}},
            ],
            "/sessions/1/channel",
            "end one of them",
        ),
    ],
)
def test_a_bad_document_is_refused_and_changes_nothing(client, sessions, pointer, words):
    story(client)
    before = client.steer("GET", "/state")
    body = {"version": 1, "sessions": sessions}
    refused(client.admin("PUT", "/state", json=body), pointer, words)
    assert client.steer("GET", "/state") == before


FINAL = {**SESSION, "final_reason": "user_end"}
SPOKEN = [
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "You said: Hello"},
]
RESULT = {
    "callId": SESSION["id"],
    "agentId": "agent-echo",
    "orgId": "org-mock",
    "callAdditionalData": {},
    "agentAdditionalData": {},
    "callStatus": "Completed",
    "callType": "Chat",
    "createdTime": NOON,
    "completedTime": NOON,
    "durationSeconds": 0,
    "endpoint": "web",
    "result": {"finishReason": "user_end", "postCallAnalysis": {}},
    "transcription": [],
}
DELIVERY = {"session_id": SESSION["id"], "url": "http://127.0.0.1:1/", "payload": {}}


def reply(first, last, state="active"):
    return {
        "messages": SPOKEN,
        "replies": [{"key": "k", "first": first, "last": last, "state": state}],
    }


@pytest.mark.parametrize(
    ("document", "pointer", "words"),
    [
        ({"sessions": [{**SESSION, "final_reason": ""}]}, "/sessions/0/final_reason", "empty"),
        ({"sessions": [{**SESSION, "cursor": 1 << 40}]}, "/sessions/0/cursor", "at most"),
        ({"sessions": [{**SESSION, **reply(2, 1)}]}, "/sessions/0/replies/0/first", "less than"),
        ({"sessions": [{**SESSION, **reply(1, 3)}]}, "/sessions/0/replies/0/last", "at most 2"),
        ({"sessions": [{**SESSION, **reply(0, 2)}]}, "/sessions/0/replies/0", "the user's"),
        (
            {"sessions": [{**SESSION, **reply(1, 2, "final")}]},
            "/sessions/0/replies/0/state",
            "give it a final_reason",
        ),
        (
            {"sessions": [{**SESSION, "last_activity": "2029-01-05T12:00:00Z"}]},
            "/sessions/0/last_activity",
            "no time before created_time",
        ),
        (
            {"sessions": [{**SESSION, "finished_time": NOON}]},
            "/sessions/0/finished_time",
            "leave it out",
        ),
        (
            {"sessions": [{**SESSION, "messages": [{**SPOKEN[1], "tool_calls": [{}]}]}]},
            "/sessions/0/messages/0/tool_calls/0/id",
            "got none",
        ),
        (
            {"sessions": [SESSION], "call_results": [{"result": RESULT}]},
            "/call_results/0/result/callId",
            "is active",
        ),
        (
            {
                "sessions": [FINAL],
                "call_results": [{"result": {**RESULT, "agentId": "agent-slow"}}],
            },
            "/call_results/0/result/agentId",
            "the session's agent",
        ),
        (
            {
                "sessions": [SESSION],
                "audit": [{"session_id": SESSION["id"].upper(), "time": NOON, "event": "ttl"}],
            },
            "/audit/0/session_id",
            "is active",
        ),
        (
            {"sessions": [], "deliveries": [{**DELIVERY, "attempts": 1 << 40}]},
            "/deliveries/0/attempts",
            "at most 1000",
        ),
        (
            {"sessions": [], "deliveries": [{**DELIVERY, "attempts": 4, "due": NOON}]},
            "/deliveries/0/attempts",
            "set due to null",
        ),
    ],
)
def test_a_document_whose_parts_do_not_go_together_is_refused(client, document, pointer, words):
    client.open()
    before = client.steer("GET", "/state")
    refused(client.admin("PUT", "/state", json={"version": 1, **document}), pointer, words)
    assert client.steer("GET", "/state") == before


def said(*times, **members):
    messages = [
        {**SPOKEN[n % 2], **({"time": time} if time else {})} for n, time in enumerate(times)
    ]
    return {"sessions": [{**SESSION, **members, "messages": messages}]}


@pytest.mark.parametrize(
    ("document", "number", "words"),
    [
        (said("2030-01-05T11:59:59Z"), 0, "no time before created_time"),
        (said("2030-01-05T14:00:00+02:00", "2030-01-05T11:59:59Z"), 1, "before the message before"),
        (
            said("2030-01-05T12:00:02Z", None, "2030-01-05T12:00:01Z"),
            2,
            "before the message before",
        ),
        (said("2030-01-05T12:00:01Z", last_activity=NOON), 0, "no time after last_activity"),
    ],
)
def test_messages_out_of_order_are_refused(client, document, number, words):
    response = client.admin("PUT", "/state", json={"version": 1, **document})
    refused(response, f"/sessions/0/messages/{number}/time", words)


def test_a_message_without_a_time_was_said_with_the_one_before(client):
    later = "2030-01-05T12:00:02.000000Z"
    client.steer("PUT", "/state", json={"version": 1, **said(None, later, None, None)})
    session = client.read(SESSION["id"])
    assert [message["time"] for message in session["messages"]] == [NOON, later, later, later]
    assert session["last_activity"] == later


def test_a_turn_is_not_before_the_last_one_whose_clock_was_ahead(client, shared):
    client.steer("PUT", "/clock", json={"mode": "frozen", "frozen_time": NOON})
    session = client.open()
    client.submit(session["id"])
    shared.mock.sandboxes.others[client.headers["X-Mock-Sandbox"]].sandbox.clock.restore()
    client.submit(session["id"])  # as by a second mock on the same database
    assert {message["time"] for message in client.read(session["id"])["messages"]} == {NOON}
    assert client.steer("PUT", "/state", json=client.steer("GET", "/state"))


def test_a_document_may_hold_records_of_sessions_that_are_gone(client):
    document = {
        "version": 1,
        "sessions": [],
        "call_results": [{"result": RESULT}],
        "audit": [{"session_id": SESSION["id"], "time": NOON, "event": "user_end"}],
        "deliveries": [{**DELIVERY, "attempts": 3, "due": NOON}],
    }
    assert client.steer("PUT", "/state", json=document) == {"sessions": 0}
    assert everything(client)[1]["totalCount"] == 0  # it is visible from noon on


def test_the_last_place_in_a_script_is_not_left(client):
    last = {**SESSION, "cursor": 2_147_483_647}
    client.steer("PUT", "/state", json={"version": 1, "sessions": [last]})
    assert client.submit(SESSION["id"]).status_code == 200
    assert client.steer("GET", "/state")["sessions"][0]["cursor"] == 2_147_483_647


def test_a_result_that_the_api_may_not_give_is_refused(client):
    story(client)
    document = client.steer("GET", "/state")
    document["call_results"][0]["result"]["durationSeconds"] = "long"
    response = client.admin("PUT", "/state", json=document)
    refused(response, "/call_results/0/result/durationSeconds", "wanted a number")


def test_a_document_of_several_megabytes_is_taken(client):
    sessions = [
        {**SESSION, "id": f"{SESSION['id'][:-5]}{n:05}", "additional_data": {"x": "y" * 1000}}
        for n in range(3000)
    ]
    assert client.steer("PUT", "/state", json={"version": 1, "sessions": sessions})
    assert client.count() == 3000
