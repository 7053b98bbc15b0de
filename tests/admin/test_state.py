"""Reset, seed, documents, snapshots: where a test starts, and how it gets back there."""

import json
import threading
import time

import pytest

from mock_server.fixtures import FixtureError, load_fixture
from tests.serving import CHATS

NOON = "2030-01-05T12:00:00.000000Z"
SESSION = {
    "id": "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10",
    "agent_id": "agent-echo",
    "created_time": NOON,
}
BUSY = {"agent_id": "agent-echo", "channel": "sms", "external_id": {"from": "1"}}


def story(client):
    """Sessions in every state; gives the id of one that was ended."""
    client.open(channel="sms", external_id={"from": "1"}, ttl_seconds=3600)
    ended = client.open(additional_data={"customer": "Ada"})
    client.submit(ended["id"], idempotency_key="k1")
    client.end(ended["id"])
    return ended["id"]


def everything(client):
    listed = client.get(CHATS, params={"state": "all"}).json()
    found = client.post("/api/v1/callresults/search", json={}).json()
    return listed, found


def refused(response, pointer, words, place="body"):
    assert response.status_code == 400, response.text
    error = response.json()["errors"][0]
    assert (error["in"], error["pointer"]) == (place, pointer)
    assert words in error["detail"]


def test_a_reset_empties_the_sandbox_and_puts_the_clock_back(client):
    story(client)
    client.steer("POST", "/clock/advance", json={"by": "PT1H"})
    assert client.steer("POST", "/reset") == {"sessions": 0}
    assert everything(client)[1]["totalCount"] == 0
    assert client.count() == 0
    assert client.steer("GET", "/clock")["mode"] == "wall"


def test_a_reset_leaves_other_sandboxes_alone(client, shared):
    with shared.in_sandbox("neighbour") as neighbour:
        neighbour.open()
        client.steer("POST", "/reset")
        assert neighbour.count() == 1


def test_a_reset_keeps_what_it_is_told_to(client):
    story(client)
    client.steer("PUT", "/clock", json={"mode": "frozen", "frozen_time": NOON})
    client.steer("POST", "/reset?keep=clock")
    assert (client.count(), client.steer("GET", "/clock")["now"]) == (0, NOON)
    client.open()
    assert client.steer("POST", "/reset?keep=state,clock") == {"sessions": 1}


@pytest.mark.parametrize(
    ("keep", "words"),
    [("stat", 'got "stat"; did you mean state?'), ("state", "state,clock"), ("clock,", "got")],
)
def test_a_reset_that_cannot_be_is_refused(client, keep, words):
    client.open()
    refused(client.admin("POST", "/reset", params={"keep": keep}), "/keep", words, "query")
    assert client.count() == 1


@pytest.mark.parametrize("path", ["/reset?kepp=state", "/reset?keep=clock&kepp=state"])
def test_a_reset_with_a_slip_of_the_pen_resets_nothing(client, path):
    client.open()
    refused(client.admin("POST", path), "/kepp", 'got "kepp"; there is keep', "query")
    assert client.count() == 1


def test_a_reset_with_a_body_resets_nothing(client):
    client.open()
    refused(client.admin("POST", "/reset", json={"keep": "state"}), "", '"keep"')
    assert client.count() == 1
    client.steer("POST", "/reset", json={})
    assert client.count() == 0


def test_a_reset_plants_the_seed_again(start, tmp_path):
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"sessions": [{"agent_id": "agent-echo", "turns": ["Hello"]}]}))
    mock = start(seed=seed)
    story(mock)
    assert mock.steer("POST", "/reset") == {"sessions": 1}
    assert mock.count() == 1


def seconds_of_a_reset(world):
    """What it takes to reset a world of a thousand sessions."""
    for _ in range(1000):
        with pytest.raises(StopIteration):
            world.chats.open({"agent_id": "agent-greeter", "ttl_seconds": 60}).send(None)
    begun = time.process_time()
    with pytest.raises(StopIteration):
        world.reset(frozenset()).send(None)
    return time.process_time() - begun


def test_a_reset_of_a_thousand_sessions_takes_under_ten_milliseconds(client, shared):
    client.get(CHATS)
    with shared.in_sandbox("neighbour") as neighbour:
        neighbour.open()
        world = shared.mock.sandboxes.others[client.headers["X-Mock-Sandbox"]].world
        assert seconds_of_a_reset(world) < 0.010
        assert (client.count(), neighbour.count() > 0) == (0, True)


def test_a_reset_of_the_only_sandbox_is_faster_still(start):
    mock = start()
    alone = min(seconds_of_a_reset(mock.mock.world) for _ in range(3))
    with mock.in_sandbox("neighbour") as neighbour:
        neighbour.open(ttl_seconds=60)
        assert alone < min(seconds_of_a_reset(mock.mock.world) for _ in range(3)) / 1.5
        assert (mock.count(), neighbour.count()) == (0, 1)


def test_a_reset_frees_a_turn_that_waits_for_a_frozen_clock(client):
    client.steer("PUT", "/clock", json={"mode": "frozen"})
    session = client.open("agent-slow")
    answers = []
    turn = threading.Thread(target=lambda: answers.append(client.submit(session["id"])))
    turn.start()
    while turn.is_alive():
        client.steer("POST", "/reset")
        turn.join(0.05)
    assert answers[0].status_code == 404


def test_a_slow_agent_in_a_seed_does_not_wait_for_a_frozen_clock(client):
    client.steer("PUT", "/clock", json={"mode": "frozen"})
    client.steer("POST", "/seed", json={"sessions": [{"agent_id": "agent-slow", "turns": ["x"]}]})
    assert client.count() == 1


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


def test_a_seed_opens_speaks_and_ends(client):
    fixture = {
        "agents": {"agent-mine": {"script": [{"reply": "Mine: {text}"}]}},
        "sessions": [{"agent_id": "agent-mine", "turns": ["Hello"], "end": True}],
    }
    answer = client.steer("POST", "/seed", json=fixture)
    session = client.read(answer["opened"][0])
    assert answer["agents"] == ["agent-mine"]
    assert session["messages"][1]["content"] == "Mine: Hello"
    assert session["final_reason"] == "user_end"


def test_the_agents_of_a_seed_are_known_in_its_sandbox_alone(client, shared):
    client.steer("POST", "/seed", json={"agents": {"agent-mine": {"script": [{}]}}})
    assert client.post(CHATS, json={"agent_id": "agent-mine"}).status_code == 201
    assert shared.post(CHATS, json={"agent_id": "agent-mine"}).status_code == 404
    client.steer("POST", "/reset")
    assert client.post(CHATS, json={"agent_id": "agent-mine"}).status_code == 404


@pytest.mark.parametrize(
    ("fixture", "pointer", "words"),
    [
        ({"sessions": [{}]}, "/sessions/0/agent_id", "got none"),
        ({"sessions": [{"agent_id": "nobody"}]}, "/sessions/0/agent_id", "no agent 'nobody'"),
        ({"agents": {"a": {"script": []}}}, "/agents/a/script", "at least 1 item"),
        ({"agents": {"": {"script": [{}]}}}, "/agents", "at least 1 character"),
        ({"session": []}, "", '"session"'),
        ({"sessions": [BUSY, BUSY]}, "/sessions/1/external_id", "session 0 is active"),
        (
            {"sessions": [{"agent_id": "agent-failing", "turns": ["Hello"]}]},
            "/sessions/0/turns/0",
            "fails at it",
        ),
        (
            {"sessions": [{"agent_id": "agent-closer", "turns": ["Hi", "bye", "more"]}]},
            "/sessions/0/turns/2",
            "has finished the session",
        ),
        (
            {"agents": {"a": {"script": [{}], "webhook": {"url": "http://["}}}},
            "/agents/a/webhook/url",
            "http://[",
        ),
        (
            {
                "agents": {
                    "a": {"script": [{}], "webhook": {"url": "http://x/", "headers": {"X": "é"}}}
                }
            },
            "/agents/a/webhook/headers/X",
            "é",
        ),
    ],
)
def test_a_bad_seed_is_refused_and_changes_nothing(client, fixture, pointer, words):
    refused(client.admin("POST", "/seed", json=fixture), pointer, words)
    assert client.count() == 0


@pytest.mark.parametrize("choice", ["reuse", "conflict"])
def test_a_seed_at_a_busy_endpoint_is_refused_and_touches_nothing(start, choice):
    client = start(choices=[f"duplicate_open={choice}"])
    client.open(channel="sms", external_id={"from": "1"})
    before = client.steer("GET", "/state")
    agents = {"agent-new": {"script": [{}]}}
    sessions = [{"agent_id": "agent-new", "turns": ["Hello"]}, BUSY]
    response = client.admin("POST", "/seed", json={"agents": agents, "sessions": sessions})
    assert (response.status_code, response.json()["type"]) == (409, "/problems/seed-refused")
    assert response.json()["errors"][0]["pointer"] == "/sessions/1"
    assert client.steer("GET", "/state") == before
    assert client.post(CHATS, json={"agent_id": "agent-new"}).status_code == 404


def test_a_seed_that_is_refused_on_the_way_leaves_what_others_wrote(client, eventually):
    client.steer("POST", "/clock/advance", json={"by": "PT1H"})
    slow = {"agents": {"a": {"script": [{"reply": "x", "delay": 1}]}}}
    sessions = [{"agent_id": "a", "turns": ["Hello"]}, BUSY]
    answers = []
    playing = threading.Thread(
        target=lambda: answers.append(
            client.admin("POST", "/seed", json={**slow, "sessions": sessions})
        )
    )
    playing.start()
    eventually(lambda: client.count() == 1)
    other = client.open(channel="sms", external_id={"from": "1"})
    playing.join()
    assert (answers[0].status_code, "Session 1" in answers[0].text) == (409, True)
    assert [s["id"] for s in client.steer("GET", "/state")["sessions"]] == [other["id"]]
    assert client.post(CHATS, json={"agent_id": "a"}).status_code == 404


def test_a_seed_that_fails_on_the_way_changes_nothing(client):
    entries = [{"agent_id": "agent-echo"}, {"agent_id": "agent-failing", "turns": ["Hello"]}]
    response = client.admin("POST", "/seed", json={"sessions": entries})
    refused(response, "/sessions/1/turns/0", "fails at it")
    assert client.count() == 0


@pytest.mark.parametrize(
    ("name", "text", "line", "pointer"),
    [
        ("a.yaml", "sessions:\n  - agent_id: a\n  - agent_id: 7\n", 3, "/sessions/1/agent_id"),
        ("a.json", '{\n"sessions": [\n{"agent_id": []}\n]}', 3, "/sessions/0/agent_id"),
        ("a.yaml", "agents:\n  a:\n    enabled: 1\n    script: [{}]\n", 3, "/agents/a/enabled"),
        ("a.yaml", "# one\nsessions:\n  - turns: []\n", 3, "/sessions/0/agent_id"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path, name, text, line, pointer):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(FixtureError) as caught:
        load_fixture(path)
    assert str(caught.value).startswith(f"{path}, line {line}, at {pointer}: wanted")


def test_a_snapshot_brings_state_and_clock_back(client):
    client.steer("PUT", "/clock", json={"mode": "frozen", "frozen_time": NOON})
    session = client.open(ttl_seconds=60)
    saved = client.steer("POST", "/snapshots/before")
    assert saved == {"name": "before", "taken": NOON, "sessions": 1}
    before = everything(client)
    client.steer("POST", "/clock/advance", json={"by": "PT1H"})
    client.open()
    assert client.read(session["id"])["final_reason"] == "ttl"
    assert client.steer("POST", "/snapshots/before/restore") == saved
    assert everything(client) == before
    assert client.steer("GET", "/clock")["now"] == NOON
    fired = client.steer("POST", "/clock/advance", json={"by": "PT1H"})["fired"]
    assert [f["session_id"] for f in fired] == [session["id"]]


def test_snapshots_are_listed_and_deleted(client):
    client.steer("POST", "/snapshots/one")
    client.steer("POST", "/snapshots/two")
    names = [row["name"] for row in client.steer("GET", "/snapshots")["snapshots"]]
    assert names == ["one", "two"]
    client.steer("DELETE", "/snapshots/one")
    for method, path in (("DELETE", "/snapshots/one"), ("POST", "/snapshots/one/restore")):
        response = client.admin(method, path)
        assert (response.status_code, response.json()["type"]) == (
            404,
            "/problems/unknown-snapshot",
        )


def test_the_number_of_snapshots_is_bounded(client):
    for number in range(100):
        client.steer("POST", f"/snapshots/s{number}")
    response = client.admin("POST", "/snapshots/more")
    assert (response.status_code, response.json()["type"]) == (409, "/problems/too-many-snapshots")
    client.steer("POST", "/snapshots/s0")


def test_a_bad_snapshot_name_is_refused(client):
    refused(client.admin("POST", "/snapshots/a b"), "/name", "wanted text", "path")


def test_the_same_seed_number_gives_the_same_transcript(start):
    noon = 1893844800000000
    mock = start(seed_number=7, frozen_time=noon)

    def play(name):
        with mock.in_sandbox(name) as client:
            story(client)
            client.steer("POST", "/clock/advance", json={"by": "PT2H"})
            return everything(client), client.steer("GET", "/state")

    first = play("gw0")
    assert play("gw1") == first
    with mock.in_sandbox("gw0") as client:
        client.steer("POST", "/reset")
    assert play("gw0") == first
    assert start(seed_number=8).open()["id"] != first[0][0]["items"][0]["id"]
