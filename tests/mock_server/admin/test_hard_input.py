"""Calls of the control plane at the edge of what can be computed, and calls that meet."""

import threading
import time

import pytest

from tests.serving import CHATS

ID = "11111111-1111-4111-8111-111111111111"
SESSION = {"id": ID, "agent_id": "agent-echo", "created_time": "2026-01-01T00:00:00Z"}
REPLY = {"key": "k", "first": 0, "last": 0, "state": "active"}


def at_once(*calls):
    """Make calls side by side; their results in order."""
    results = [None] * len(calls)

    def run(number):
        results[number] = calls[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize(
    ("members", "pointer", "words"),
    [
        ({"created_time": "9999-12-31T23:59:59-23:59"}, "/sessions/0/created_time", "1 to 9998"),
        ({"created_time": "0001-01-01T00:00:00+23:59"}, "/sessions/0/created_time", "1 to 9998"),
        ({"replies": [REPLY, REPLY]}, "/sessions/0/replies", "two replies"),
        (
            {"messages": [{"role": "assistant", "content": "x", "tool_calls": [{"a": 1}]}]},
            "/sessions/0/messages/0/tool_calls/0",
            "got",
        ),
    ],
)
def test_a_state_that_the_api_could_not_tell_is_refused(client, members, pointer, words):
    kept = client.open()
    document = {"version": 1, "sessions": [{**SESSION, **members}]}
    response = client.admin("PUT", "/state", json=document)
    assert response.status_code == 400, response.text
    error = response.json()["errors"][0]
    assert error["pointer"].startswith(pointer)
    assert words in error["detail"]
    assert [item["id"] for item in client.list(state="all")["items"]] == [kept["id"]]


def test_a_call_result_cannot_be_there_twice(client):
    session = client.open()
    client.end(session["id"])
    document = client.steer("GET", "/state")
    document["call_results"] *= 2
    response = client.admin("PUT", "/state", json=document)
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/call_results"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/clock/advance", {"by": "-P999999W"}),
        ("PUT", "/clock", {"mode": "offset", "offset": "-P999999W"}),
        ("PUT", "/clock", {"mode": "frozen", "frozen_time": "0001-01-01T00:00:00+23:59"}),
    ],
)
def test_the_far_past_is_as_much_past_as_any(client, method, path, body):
    response = client.admin(method, path, json=body)
    assert (response.status_code, response.json()["type"]) == (409, "/problems/clock-backwards")


@pytest.mark.parametrize("pattern", ["(a{999}){999}", "(" * 400 + ")" * 400])
def test_a_pattern_that_cannot_be_compiled_is_refused(client, pattern):
    response = client.admin("POST", "/requests/count", json={"urlPattern": pattern})
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/urlPattern"


def test_two_advances_at_once_add_up(start, receiver):
    receiver.pause = 0.2
    mock = start(webhook_url=receiver.url, frozen_time=0)
    mock.end(mock.open()["id"])
    advance = {"by": "PT10M"}
    at_once(*[lambda: mock.steer("POST", "/clock/advance", json=advance)] * 2)
    assert mock.steer("GET", "/clock")["now"].startswith("1970-01-01T00:20:00")


def test_a_clock_that_is_frozen_during_an_advance_stays_frozen(start, receiver):
    receiver.pause = 0.3
    mock = start(webhook_url=receiver.url)
    mock.end(mock.open()["id"])
    at_once(
        lambda: mock.steer("POST", "/clock/advance", json={"by": "PT1H"}),
        lambda: (time.sleep(0.1), mock.steer("PUT", "/clock", json={"mode": "frozen"})),
    )
    assert mock.steer("GET", "/clock")["mode"] == "frozen"


def test_resets_at_once_plant_the_seed_each(start, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text("sessions: [{agent_id: agent-echo, turns: [a, b, c]}]")
    mock = start(seed=seed)
    answers = at_once(*[lambda: mock.admin("POST", "/reset").status_code] * 6)
    assert answers == [200] * 6
    assert mock.count() == 1


def test_a_turn_of_the_state_before_leaves_a_restored_one_alone(client):
    session = client.open("agent-slow")
    client.steer("POST", "/snapshots/before")
    turn, _ = at_once(
        lambda: client.submit(session["id"]),
        lambda: (time.sleep(0.2), client.steer("POST", "/snapshots/before/restore")),
    )
    assert turn.status_code == 404
    assert client.read(session["id"])["messages"] == []


@pytest.mark.parametrize(
    "body", [b'{"by": "PT1S", "by": "PT2S"}', b'{"by": "PT1S", "x": [{"a": {}, "\\u0061": 1}]}']
)
def test_a_member_that_is_named_twice_is_refused(client, body):
    response = client.admin("POST", "/clock/advance", content=body)
    assert response.status_code == 400
    assert "twice in one object" in response.json()["errors"][0]["detail"]
    assert client.steer("GET", "/clock")["mode"] == "wall"


def test_a_webhook_that_cannot_be_sent_is_given_up(client):
    row = {"session_id": ID, "payload": {}, "due": "2026-01-01T00:00:00Z"}
    rows = [
        {**row, "url": "http://elsewhere.test/"},
        {**row, "url": "http://127.0.0.1:9/", "headers": {"X": "é"}},
    ]
    document = {"version": 1, "sessions": [SESSION], "deliveries": rows}
    client.steer("PUT", "/state", json=document)
    client.steer("POST", "/clock/advance", json={"by": "PT1S"})
    log = client.steer("GET", "/webhooks/deliveries")["deliveries"]
    assert [(entry["outcome"], len(entry["attempts"])) for entry in log] == [("refused", 1)] * 2


def test_a_delivery_that_is_being_sent_can_be_sent_again(start, receiver):
    receiver.pause = 0.4
    mock = start(webhook_url=receiver.url)
    mock.end(mock.open()["id"])
    (delivery,) = mock.steer("GET", "/webhooks/deliveries")["deliveries"]
    mock.steer("POST", f"/webhooks/deliveries/{delivery['id']}/redeliver")
    assert len(receiver.wait_for(2)) == 2


def test_a_seeded_sequence_passes_over_ids_that_are_taken(start):
    mock = start(seed_number=1)
    mock.steer("POST", "/reset")
    first = mock.open()
    document = mock.steer("GET", "/state")
    mock.steer("POST", "/reset")
    mock.steer("PUT", "/state", json=document)
    second = mock.post(CHATS, json={"agent_id": "agent-echo"})
    assert second.status_code == 201
    assert second.json()["id"] != first["id"]
    assert mock.count() == 2


def test_an_unknown_option_of_a_fault_is_refused(client):
    headers = {"X-Mock-Fault": "SERVER_ERROR; statsu=503"}
    response = client.get(CHATS, headers=headers)
    assert response.status_code == 400
    assert "statsu" in response.text


def test_a_rule_may_ask_for_no_wait(client):
    rule = {"operation": "listChats", "fault": "RATE_LIMIT", "retry_after": 0}
    client.steer("POST", "/faults", json=rule)
    assert client.get(CHATS).headers["retry-after"] == "0"
