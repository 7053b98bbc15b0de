"""What tells how the mock does: metrics, health, and the id of a request."""

import pytest

from tests.serving import CHATS


def test_a_request_id_is_echoed_or_made(client):
    given = client.get(CHATS, headers={"X-Request-Id": "abc-1"})
    assert given.headers["x-request-id"] == "abc-1"
    made = {client.get(CHATS).headers["x-request-id"] for _ in range(3)}
    assert len(made) == 3
    ids = [entry["requestId"] for entry in client.steer("GET", "/requests")["requests"]]
    assert set(ids) == made | {"abc-1"}


@pytest.mark.parametrize("given", ["x" * 129, "a b"])
def test_an_id_that_cannot_stand_in_a_log_is_replaced(client, given):
    answer = client.get(CHATS, headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] != given


def test_metrics_count_requests_and_sessions(start):
    mock = start()
    mock.end(mock.open()["id"])
    mock.get("/nowhere")
    response = mock.admin("GET", "/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = response.text.splitlines()
    assert 'adjourn_requests_total{operation="openChat",status="201"} 1' in lines
    assert 'adjourn_requests_total{operation="none",status="404"} 1' in lines
    assert 'adjourn_sessions{sandbox="default",state="final"} 1' in lines


def test_health_tells_that_the_mock_is_ready(shared):
    health = shared.steer("GET", "/health")
    assert health["status"] == "ok"
    assert health["uptime_seconds"] > 0
