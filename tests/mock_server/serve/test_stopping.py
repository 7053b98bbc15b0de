"""A stop, whatever clients have left open."""

import signal
import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from tests.serving import CHATS, HANGING

HEAD = (
    f"POST {CHATS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer any\r\n"
    "Content-Type: application/json\r\nContent-Length: 99\r\n"
)


@pytest.mark.parametrize(
    "sent", [HEAD[:40], HEAD + "\r\n", HEAD + '\r\n{"agent_id"'], ids=["head", "no body", "body"]
)
def test_a_stop_with_150_half_sent_requests_prints_one_line_at_most(launch, sent):
    process, facts = launch("--port", "0")
    where = urlsplit(facts["url"])
    with ExitStack() as open_connections:
        for _ in range(150):
            connection = socket.create_connection((where.hostname, where.port), timeout=HANGING)
            open_connections.enter_context(connection).sendall(sent.encode())
        assert httpx.get(f"{facts['url']}/livez", trust_env=False).status_code == 200
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate()
    assert process.returncode == 0
    assert len(log.splitlines()) <= 1, log[:2000]


def test_a_half_sent_request_is_told_of_the_stop(launch):
    process, facts = launch("--port", "0")
    where = urlsplit(facts["url"])
    with socket.create_connection((where.hostname, where.port), timeout=HANGING) as connection:
        connection.sendall(f"{HEAD}\r\n".encode())
        assert httpx.get(f"{facts['url']}/livez", trust_env=False).status_code == 200
        process.send_signal(signal.SIGTERM)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"/problems/stopped" in answer
