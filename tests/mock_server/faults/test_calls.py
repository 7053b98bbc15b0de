"""Faults of one call, seen from the socket."""

import time

import httpx
import pytest

from tests.serving import CHATS, wire

OPEN = {"agent_id": "agent-echo"}


def failing(api, fault, **options):
    """What httpx raises on an open under a fault."""
    with pytest.raises(httpx.HTTPError) as raised:
        api.post(CHATS, json=OPEN, headers={"X-Mock-Fault": fault}, **options)
    return raised.value


def test_a_delay_comes_before_the_answer(api):
    begun = time.monotonic()
    response = api.post(CHATS, json=OPEN, headers={"X-Mock-Delay": "300"})
    assert response.status_code == 201
    assert time.monotonic() - begun >= 0.3
    assert "x-mock-origin" not in response.headers


def test_an_empty_response_is_no_byte(api):
    before = api.count()
    assert api.raw(CHATS, "X-Mock-Fault: EMPTY_RESPONSE") == b""
    assert isinstance(failing(api, "EMPTY_RESPONSE"), httpx.RemoteProtocolError)
    assert api.count() == before


def test_a_malformed_chunk_follows_a_good_status(api):
    received = api.raw(CHATS, "X-Mock-Fault: malformed_response_chunk")
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"x-mock-origin: fault" in received
    assert isinstance(failing(api, "MALFORMED_RESPONSE_CHUNK"), httpx.RemoteProtocolError)


def test_random_data_is_no_http_and_the_same_each_time(api):
    received = api.raw(CHATS, "X-Mock-Fault: RANDOM_DATA_THEN_CLOSE")
    assert received
    assert not received.startswith(b"HTTP/")
    assert api.raw(CHATS, "X-Mock-Fault: RANDOM_DATA_THEN_CLOSE") == received
    assert isinstance(failing(api, "RANDOM_DATA_THEN_CLOSE"), httpx.RemoteProtocolError)


def test_a_reset_is_a_reset(api):
    with pytest.raises(ConnectionResetError):
        api.raw(CHATS, "X-Mock-Fault: CONNECTION_RESET_BY_PEER")
    assert isinstance(failing(api, "CONNECTION_RESET_BY_PEER"), httpx.ReadError)


def test_a_timeout_outlasts_the_client(api):
    assert isinstance(failing(api, "TIMEOUT", timeout=0.2), httpx.ReadTimeout)


def test_a_timeout_ends_with_its_delay(api):
    begun = time.monotonic()
    assert api.raw(CHATS, "X-Mock-Fault: TIMEOUT", "X-Mock-Delay: 200") == b""
    assert time.monotonic() - begun >= 0.2


def test_a_slow_drip_is_the_whole_answer_slowly(api):
    headers = {"X-Mock-Fault": "SLOW_DRIP", "X-Mock-Delay": "400"}
    with api.stream("POST", CHATS, json=OPEN, headers=headers) as response:
        arrivals = [(time.monotonic(), part) for part in response.iter_raw()]
    assert len(arrivals) > 2
    assert arrivals[-1][0] - arrivals[0][0] > 0.2
    assert sum(len(part) for _, part in arrivals) == int(response.headers["content-length"])
    assert response.headers["x-mock-origin"] == "fault"


def test_a_truncated_body_is_shorter_than_it_says(api):
    received = api.raw(CHATS, "X-Mock-Fault: TRUNCATED_BODY")
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert 0 < len(body) < int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0])
    assert isinstance(failing(api, "TRUNCATED_BODY"), httpx.RemoteProtocolError)


@pytest.mark.parametrize(
    ("fault", "status"), [("SERVER_ERROR", 500), ("server_error; status=503", 503)]
)
def test_a_server_error_has_the_status_asked_for(api, fault, status):
    before = api.count()
    response = api.post(CHATS, json=OPEN, headers={"X-Mock-Fault": fault})
    assert response.status_code == status
    assert response.json()["type"] == "/problems/injected-fault"
    assert response.headers["x-mock-origin"] == "fault"
    assert api.count() == before


def test_a_rate_limit_says_when_to_try_again(api):
    response = api.get(CHATS, headers={"X-Mock-Fault": "RATE_LIMIT; retry-after=3"})
    assert response.status_code == 429
    assert response.headers["retry-after"] == "3"
    assert response.json()["type"] == "/problems/too-many-requests"


def test_a_committed_write_whose_answer_is_lost_is_there(api):
    session = api.open()["id"]
    turn = {"content": "Hi", "idempotency_key": "k"}
    path = f"{CHATS}/{session}/messages"
    with pytest.raises(httpx.RemoteProtocolError):
        api.post(path, json=turn, headers={"X-Mock-Fault": "COMMIT_THEN_DROP"})
    assert [line["content"] for line in api.read(session)["messages"]] == ["Hi", "You said: Hi"]
    assert api.post(path, json=turn).json()["messages"][0]["content"] == "You said: Hi"
    assert len(api.read(session)["messages"]) == 2
    before = api.count()
    assert isinstance(failing(api, "COMMIT_THEN_DROP"), httpx.RemoteProtocolError)
    assert api.count() == before + 1


def test_a_fault_applies_to_refusals_and_forced_replies_too(api):
    refused = api.raw(f"{CHATS}?take=x", "X-Mock-Fault: COMMIT_THEN_DROP")
    assert refused == b""
    forced = api.raw(CHATS, "X-Mock-Fault: TRUNCATED_BODY", "Prefer: code=429")
    assert forced.startswith(b"HTTP/1.1 429")
    assert b"preference-applied: code=429" in forced


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"X-Mock-Fault": "GREMLINS"}, ["GREMLINS", "COMMIT_THEN_DROP", "EMPTY_RESPONSE"]),
        ({"X-Mock-Fault": ""}, ["SLOW_DRIP"]),
        ({"X-Mock-Fault": "SERVER_ERROR; status=200"}, ["status", "500", "599", "200"]),
        ({"X-Mock-Fault": "RATE_LIMIT; retry-after=soon"}, ["retry-after", "soon"]),
        ({"X-Mock-Fault": "RATE_LIMIT; status=503"}, ["/status", "SERVER_ERROR alone"]),
        ({"X-Mock-Fault": "TIMEOUT; retry-after=3"}, ["/retry-after", "RATE_LIMIT alone"]),
        ({"X-Mock-Delay": "soon"}, ["X-Mock-Delay", "60000", "soon"]),
        ({"X-Mock-Delay": "-1"}, ["X-Mock-Delay", "-1"]),
        ({"X-Mock-Delay": "60001"}, ["60000", "60001"]),
        ({"X-Mock-Delay": "9" * 5000}, ["60000"]),
    ],
)
def test_an_unknown_fault_is_told_and_does_nothing(api, headers, words):
    before = api.count()
    response = api.post(CHATS, json=OPEN, headers=headers)
    assert response.status_code == 400
    problem = response.json()
    assert problem["type"] == "/problems/unusable-fault"
    assert problem["errors"][0]["in"] == "header"
    for word in words:
        assert word in str(problem)
    assert api.count() == before


def test_calls_beside_a_fault_are_answered_meanwhile(api):
    silence = "X-Mock-Fault: TIMEOUT", "X-Mock-Delay: 60000"
    with api.sending(wire(CHATS, *silence)) as silent:
        assert api.get(CHATS).status_code == 200
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.recv(1)


def test_a_large_body_is_read_before_the_connection_closes(api):
    body = b"x" * 500_000
    assert api.raw(CHATS, "X-Mock-Fault: EMPTY_RESPONSE", method="POST", body=body) == b""


def test_faults_leave_no_trace_in_the_log(api, caplog):
    for fault in ("EMPTY_RESPONSE", "RANDOM_DATA_THEN_CLOSE", "TRUNCATED_BODY", "COMMIT_THEN_DROP"):
        api.raw(CHATS, f"X-Mock-Fault: {fault}")
    assert caplog.records == []


def test_a_server_without_hold_on_connections_says_so():
    import asyncio

    from mock_server.app import App
    from mock_server.settings import Settings

    async def scene():
        transport = httpx.ASGITransport(App(Settings()).asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client:
            headers = {"Authorization": "Bearer k", "X-Mock-Fault": "EMPTY_RESPONSE"}
            return await client.get(CHATS, headers=headers)

    response = asyncio.run(scene())
    assert response.status_code == 501
    assert "adjourn-mock" in response.json()["detail"]
