"""Domain events: followed as a stream, or awaited, so that no test sleeps."""

import asyncio
import json
import threading

import pytest

from mock_server.domain.clock import Clock
from mock_server.domain.events import Events
from tests.serving import HANGING, under_way, wait_until, wire


def wait_for(client, match, **members):
    return client.admin("POST", "/events/wait-for", json={"match": match, **members})


def follow(client, count, after=None, last_id=None):
    """The first events of the stream, as (id, type)."""
    headers = {} if last_id is None else {"Last-Event-ID": str(last_id)}
    query = {} if after is None else {"after": after}
    seen = []
    with client.stream("GET", "/__admin/events", params=query, headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("data: "):
                event = json.loads(line[6:])
                seen.append((event["id"], event["type"]))
            if len(seen) == count:
                break
    return seen


def test_a_life_is_told_in_order(client):
    session = client.open()
    client.submit(session["id"])
    client.end(session["id"])
    client.end(session["id"])
    assert follow(client, 3, after=0) == [
        (1, "session.opened"),
        (2, "session.turn"),
        (3, "session.final"),
    ]


def test_a_stream_goes_on_after_the_last_event_id(client):
    session = client.open()
    client.end(session["id"])
    assert follow(client, 1, last_id=1) == [(2, "session.final")]


def test_a_stream_tells_what_happens_while_it_is_open(client, eventually):
    seen = []
    reader = threading.Thread(target=lambda: seen.extend(follow(client, 1, after=0)))
    reader.start()
    client.open()
    reader.join()
    assert seen == [(1, "session.opened")]


def test_the_head_of_the_stream_has_an_end(client):
    head = wire("/__admin/events", "Expect: 100-continue", method="HEAD")
    answer = client.exchange(head.replace(b"Host: mock", b"Host: localhost"))
    assert b"text/event-stream" in answer


@pytest.mark.parametrize("last_id", ["x", "-1", "9" * 40])
def test_a_bad_last_event_id_is_refused(client, last_id):
    response = client.admin("GET", "/events", headers={"Last-Event-ID": last_id})
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/Last-Event-ID"


def test_waiting_ends_when_it_happens(client):
    session = client.open()
    wanted = {"match": {"type": "session.final", "session_id": session["id"]}}
    with under_way(client, "POST", "/__admin/events/wait-for", json=wanted) as waiting:
        assert not waiting.done()
        client.end(session["id"])
    (event,) = waiting.result().json()["events"]
    assert (event["reason"], event["session_id"]) == ("user_end", session["id"])


def test_what_happened_already_counts(client):
    for _ in range(3):
        client.open()
    events = wait_for(client, {"type": "session.opened"}, count=2).json()["events"]
    assert [event["id"] for event in events] == [1, 2]
    later = wait_for(client, {"agent_id": "agent-echo"}, after=2, timeout_ms=10).json()["events"]
    assert [event["id"] for event in later] == [3]


def test_an_id_is_awaited_in_either_case(client):
    session = client.open()
    (event,) = wait_for(client, {"session_id": session["id"].upper()}).json()["events"]
    assert event["session_id"] == session["id"]


def test_waiting_in_vain_tells_what_was_seen(client):
    session = client.open()
    response = wait_for(client, {"type": "session.final"}, timeout_ms=50)
    assert (response.status_code, response.json()["type"]) == (408, "/problems/wait-timeout")
    (seen,) = response.json()["seen"]
    assert (seen["type"], seen["session_id"]) == ("session.opened", session["id"])


def test_a_delivery_is_awaited(start, receiver):
    receiver.statuses = [503]
    mock = start(webhook_url=receiver.url, webhook_backoff=0.05)
    session = mock.open()
    mock.end(session["id"])
    wanted = {"type": "delivery.succeeded", "session_id": session["id"]}
    (event,) = wait_for(mock, wanted).json()["events"]
    assert (event["status"], event["attempt"]) == (200, 2)
    (failed,) = wait_for(mock, {"type": "delivery.failed"}).json()["events"]
    assert (failed["status"], failed["will_retry"]) == (503, True)


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        ({}, "/match", "got none"),
        ({"match": {"type": "session.over"}}, "/match/type", '"session.final"'),
        ({"match": {"session_id": "7"}}, "/match/session_id", '"7"'),
        ({"match": {}, "count": 0}, "/count", "at least 1"),
        ({"match": {}, "timeout_ms": 600_001}, "/timeout_ms", "at most 600000"),
        ({"match": {}, "timeout": 5}, "", '"timeout"'),
        ({"match": {"sessionId": "7"}}, "/match", '"sessionId"'),
    ],
)
def test_a_wrong_wait_is_refused(client, body, pointer, words):
    response = client.admin("POST", "/events/wait-for", json=body)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["pointer"] == pointer
    assert words in error["detail"]


def test_who_has_left_is_waited_with_no_longer(shared):
    body = b'{"match": {"type": "session.final", "agent_id": "never"}, "timeout_ms": 600000}'
    lookers = shared.mock.sandbox.events._lookers
    head = "POST /__admin/events/wait-for HTTP/1.1\r\nHost: localhost\r\n"
    sent = f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with shared.sending(sent.encode() + body):
        wait_until(lambda: lookers)
    wait_until(lambda: not lookers)


def test_an_event_wakes_those_alone_who_wait_for_it():
    async def scene():
        events = Events(Clock(None, 1))
        first, other = (
            asyncio.create_task(events.wait_for({"type": type}, 2, 0, HANGING)) for type in "ab"
        )
        await asyncio.sleep(0)
        for type in "aba":
            events.emit(type, "1")
        assert [event.id for event in await first] == [1, 3]
        other.cancel()
        await asyncio.gather(other, return_exceptions=True)
        assert not events._lookers

    asyncio.run(scene())
