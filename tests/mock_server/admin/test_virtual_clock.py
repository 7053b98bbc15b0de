"""The virtual clock over HTTP: modes, forward only, and all that is due fires in order."""

import time

import pytest

from tests.serving import CHATS, HELLO, under_way

NOON = "2030-01-05T12:00:00.000000Z"


def advance(client, **body):
    return client.steer("POST", "/clock/advance", json=body)


def test_a_clock_is_on_the_wall_at_first(client):
    clock = client.steer("GET", "/clock")
    assert (clock["mode"], clock["frozen_time"], clock["offset"]) == ("wall", None, "PT0S")


def test_a_frozen_clock_stands_still(client):
    clock = client.steer("PUT", "/clock", json={"mode": "frozen", "frozen_time": NOON})
    told = {"mode": "frozen", "now": NOON, "frozen_time": NOON, "offset": None, "fired": []}
    assert clock == told
    assert client.open()["created_time"] == NOON
    assert advance(client, by="PT30M")["now"] == "2030-01-05T12:30:00.000000Z"
    assert advance(client, frozen_time="2030-01-05T13:00:00+00:00")["mode"] == "frozen"
    assert client.open()["created_time"] == "2030-01-05T13:00:00.000000Z"


def test_freezing_without_a_time_stops_where_it_is(client):
    first = client.steer("PUT", "/clock", json={"mode": "frozen"})
    assert client.steer("GET", "/clock")["now"] == first["now"]


def test_a_clock_runs_ahead_of_the_wall(client):
    before = client.steer("GET", "/clock")["now"]
    clock = client.steer("PUT", "/clock", json={"mode": "offset", "offset": "PT24H"})
    assert (clock["mode"], clock["offset"]) == ("offset", "PT24H")
    assert clock["now"] > before
    later = client.steer("GET", "/clock")["now"]
    assert later > clock["now"]


def test_a_running_clock_is_ahead_by_what_it_was_advanced_to_the_microsecond(client):
    client.open(ttl_seconds=60)
    assert advance(client, by="PT30M")["offset"] == "PT30M"
    assert advance(client, by="PT1S")["offset"] == "PT30M1S"


def test_a_frozen_clock_runs_on_from_where_it_stands(client):
    client.steer("PUT", "/clock", json={"mode": "frozen", "frozen_time": NOON})
    clock = client.steer("PUT", "/clock", json={"mode": "offset"})
    assert clock["mode"] == "offset"
    assert clock["now"] >= NOON


def test_deleting_a_frozen_clock_puts_it_on_the_wall(client):
    client.steer("PUT", "/clock", json={"mode": "frozen"})
    assert client.steer("DELETE", "/clock")["mode"] == "wall"
    assert client.steer("DELETE", "/clock")["mode"] == "wall"


BACKWARDS = [
    ("PUT", "/clock", {"mode": "frozen", "frozen_time": "2030-01-05T11:59:59Z"}),
    ("PUT", "/clock", {"mode": "wall"}),
    ("PUT", "/clock", {"mode": "offset", "offset": "PT1S"}),
    ("POST", "/clock/advance", {"by": "-PT1S"}),
    ("POST", "/clock/advance", {"frozen_time": "2030-01-05T11:00:00Z"}),
    ("DELETE", "/clock", None),
]


@pytest.mark.parametrize(("method", "path", "body"), BACKWARDS)
def test_a_clock_goes_forward_only(client, method, path, body):
    client.steer("PUT", "/clock", json={"mode": "frozen", "frozen_time": NOON})
    response = client.admin(method, path, json=body)
    assert (response.status_code, response.json()["type"]) == (409, "/problems/clock-backwards")
    assert NOON in response.json()["detail"]
    assert client.steer("GET", "/clock")["now"] == NOON


WRONG = [
    ("PUT", "/clock", {}, "/mode", "got none"),
    ("PUT", "/clock", {"mode": "fast"}, "/mode", '"frozen"'),
    ("PUT", "/clock", {"mode": "frozen", "frozen_time": "noon"}, "/frozen_time", "2026-01-05T09"),
    ("PUT", "/clock", {"mode": "wall", "frozen_time": NOON}, "/frozen_time", "leave it out"),
    ("PUT", "/clock", {"mode": "wall", "offset": "PT1S"}, "/offset", "leave it out"),
    ("PUT", "/clock", {"mode": "offset", "offset": "1h"}, "/offset", '"1h"'),
    ("PUT", "/clock", {"mode": "wall", "speed": 2}, "", '"speed"'),
    ("POST", "/clock/advance", {}, "", "either by or frozen_time"),
    ("POST", "/clock/advance", {"by": "PT1S", "frozen_time": NOON}, "", "got 2"),
    ("POST", "/clock/advance", {"by": "P1M"}, "/by", "PT30M"),
    ("POST", "/clock/advance", {"by": 30}, "/by", "the integer 30"),
    ("POST", "/clock/advance", {"by": "P9999999W"}, "/by", "shorter span"),
    ("POST", "/clock/advance", {"by": "P" + "9" * 90 + "W"}, "/by", "shorter span"),
    ("POST", "/clock/advance", {"by": "P" + "9" * 300 + "W"}, "/by", "at most 100 characters"),
]


@pytest.mark.parametrize(("method", "path", "body", "pointer", "words"), WRONG)
def test_a_wrong_call_is_refused_and_changes_nothing(client, method, path, body, pointer, words):
    client.steer("PUT", "/clock", json={"mode": "frozen", "frozen_time": NOON})
    response = client.admin(method, path, json=body)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert (error["in"], error["pointer"]) == ("body", pointer)
    assert words in error["detail"]
    assert client.steer("GET", "/clock")["now"] == NOON


def test_timeouts_fire_in_the_order_of_their_time(client):
    client.steer("PUT", "/clock", json={"mode": "frozen", "frozen_time": NOON})
    late, soon = client.open(ttl_seconds=120), client.open(ttl_seconds=60)
    never = client.open(ttl_seconds=7200)
    fired = advance(client, by="PT1H")["fired"]
    assert [(f["kind"], f["session_id"], f["reason"]) for f in fired] == [
        ("session.final", soon["id"], "ttl"),
        ("session.final", late["id"], "ttl"),
    ]
    assert fired[0]["at"] == "2030-01-05T12:01:00.000001Z"
    assert client.read(never["id"])["status"] == "active"
    assert client.read(soon["id"])["final_reason"] == "ttl"


def test_a_timeout_does_not_fire_before_its_time(client):
    client.steer("PUT", "/clock", json={"mode": "frozen", "frozen_time": NOON})
    client.open(ttl_seconds=60)
    assert advance(client, by="PT60S")["fired"] == []
    assert len(advance(client, by="PT0.000001S")["fired"]) == 1


def test_a_running_clock_fires_what_it_jumps_over(client):
    session = client.open(ttl_seconds=60)
    fired = client.steer("PUT", "/clock", json={"mode": "offset", "offset": "PT2M"})["fired"]
    assert [f["session_id"] for f in fired] == [session["id"]]


def test_webhook_retries_and_timeouts_fire_in_one_order(start, receiver, eventually):
    receiver.statuses = [503, 503, 200]
    mock = start(webhook_url=receiver.url, webhook_backoff=10.0)
    mock.steer("PUT", "/clock", json={"mode": "frozen", "frozen_time": NOON})
    first = mock.open()
    mock.end(first["id"])
    eventually(lambda: len(receiver.bodies) == 1)
    second = mock.open(ttl_seconds=60)
    fired = advance(mock, by="PT5M")["fired"]
    short = [(f["kind"], f["session_id"] == second["id"], f["at"][14:19]) for f in fired]
    assert short[-4:] == [
        ("delivery.failed", False, "00:10"),
        ("delivery.succeeded", False, "00:30"),
        ("session.final", True, "01:00"),
        ("delivery.succeeded", True, "01:00"),
    ]
    assert len(receiver.bodies) == 4


def test_a_slow_agent_answers_when_its_time_has_come(client, eventually):
    client.steer("PUT", "/clock", json={"mode": "frozen", "frozen_time": NOON})
    session = client.open("agent-slow")
    with under_way(client, "POST", f"{CHATS}/{session['id']}/messages", json=HELLO) as turn:
        fired = eventually(lambda: advance(client, by="PT1S")["fired"])
    assert fired[0]["kind"] == "session.turn"
    assert turn.result().json()["messages"][0]["content"] == "You said: Hello"


@pytest.mark.slow
def test_ten_thousand_due_sessions_expire_for_little_more_than_they_cost_to_open(client, shared):
    client.get(CHATS)
    client.steer("GET", "/clock")
    sandbox = shared.mock.sandboxes.others[client.headers["X-Mock-Sandbox"]]
    begun = time.process_time()  # client and server together; the wall would count neighbours too
    for n in range(10_000):
        opening = sandbox.sandbox.chats.open({"agent_id": "agent-echo", "ttl_seconds": 60 + n})
        with pytest.raises(StopIteration):
            opening.send(None)
    opened = time.process_time()
    fired = advance(client, by="PT4H")["fired"]
    # An end writes three rows where an open writes one; a sweep that is not linear takes minutes.
    assert time.process_time() - opened < 5 * (opened - begun)
    assert len(fired) == 10_000
    assert [f["at"] for f in fired] == sorted(f["at"] for f in fired)
