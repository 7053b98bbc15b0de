"""Seeds: agents and sessions that are there from the start, and ids that come again."""

import threading

import pytest

from mock_server.contract.fixtures import load_fixture
from mock_server.contract.source import FixtureError
from tests.mock_server.admin.states import everything, refused, story
from tests.serving import CHATS

BUSY = {"agent_id": "agent-echo", "channel": "sms", "external_id": {"from": "1"}}


def test_a_slow_agent_in_a_seed_does_not_wait_for_a_frozen_clock(client):
    client.steer("PUT", "/clock", json={"mode": "frozen"})
    client.steer("POST", "/seed", json={"sessions": [{"agent_id": "agent-slow", "turns": ["x"]}]})
    assert client.count() == 1


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


def test_a_seed_that_is_refused_on_the_way_leaves_what_others_wrote(client, shared, eventually):
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
    sandbox = shared.mock.sandboxes.others[client.headers["X-Mock-Sandbox"]].sandbox
    eventually(sandbox.clock.next_due)  # the slow agent thinks
    assert client.count() == 0
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
        ("a.yaml", "# one\nsessions:\n  - turns: ['']\n", 3, "/sessions/0/turns/0"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path, name, text, line, pointer):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(FixtureError) as caught:
        load_fixture(path)
    assert str(caught.value).startswith(f"{path}, line {line}, at {pointer}: wanted")


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
