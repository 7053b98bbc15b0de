"""Answers that come in parts, or break off."""

import queue
from typing import ClassVar

import httpx
import pytest

from mock_server.proxy.held import HeldBody
from tests.mock_server.proxy.flags import violations
from tests.serving import CHATS, Answering, answering


class Parts(Answering):
    """A backend that sends an answer in parts, each when it is told to, and breaks off."""

    protocol_version = "HTTP/1.1"
    head: ClassVar[dict[str, str]] = {}
    parts: ClassVar[queue.Queue[bytes | None]] = queue.Queue()

    def do_GET(self):
        self.send_response(200)
        for name, value in Parts.head.items():
            self.send_header(name, value)
        self.end_headers()
        for part in iter(Parts.parts.get, None):
            self.wfile.write(part)
        self.close_connection = True


@pytest.fixture
def parts():
    Parts.parts = queue.Queue()
    with answering(Parts) as Parts.url:
        yield Parts
        Parts.parts.put(None)


@pytest.mark.parametrize("path", [CHATS, "/events"])
def test_an_event_stream_passes_as_it_comes(proxy, parts, path):
    parts.head = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}
    with proxy(parts.url).stream("GET", path) as response:
        read = response.iter_raw()
        for event in (b"data: 1\n\n", b"data: 2\n\n"):
            parts.parts.put(b"%x\r\n%s\r\n" % (len(event), event))
            assert next(read) == event
        assert [found["in"] for found in violations(response)] == [
            "response" if path == CHATS else "path"
        ]
        parts.parts.put(b"0\r\n\r\n")
        assert [*read] == []


@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
def test_an_answer_that_breaks_off_does_so_for_the_client(proxy, parts, caplog, media_type):
    size = 5 * 1024 * 1024
    parts.head = {"Content-Type": media_type, "Content-Length": str(size + 1)}
    parts.parts.put(b"1" * size)
    parts.parts.put(None)
    client = proxy(parts.url)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(CHATS)
    (entry,) = client.get("/__admin/requests").json()["requests"]
    assert "wanted all of it" in entry["violations"][-1]["detail"]
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("path", [CHATS, "/other"])
def test_what_cannot_be_checked_is_not_kept_until_it_ends(proxy, parts, monkeypatch, path):
    held = []
    monkeypatch.setattr(
        "mock_server.proxy.app.HeldBody", lambda *given: held.append(HeldBody(*given)) or held[0]
    )
    size = 5 * 1024 * 1024
    parts.head = {"Content-Type": "application/json", "Content-Length": str(size + 1)}
    parts.parts.put(b"1" * size)
    with proxy(parts.url).stream("GET", path) as response:
        read = response.iter_raw()
        while response.num_bytes_downloaded < size:
            next(read)
        assert held[0].body == b""
        parts.parts.put(b"1")
        assert next(read) == b"1"


def test_a_client_that_leaves_a_stream_does_not_leave_the_proxy_waiting(proxy, parts, eventually):
    parts.head = {"Content-Type": "text/event-stream"}
    client = proxy(parts.url)
    with client.stream("GET", "/events") as response:
        parts.parts.put(b"data: 1\n\n")
        assert next(response.iter_raw())
    eventually(lambda: client.get("/__admin/requests").json()["requests"])


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_gets_no_length(proxy, status):
    class Bodiless(Parts):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

    with answering(Bodiless) as url:
        response = proxy(url).get("/other")
    assert (response.status_code, response.content) == (status, b"")
    assert not {"content-length", "transfer-encoding"} & {*response.headers}


def test_a_json_answer_that_drips_passes_as_it_comes(proxy, parts, eventually):
    parts.head = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    client = proxy(parts.url)
    with client.stream("GET", CHATS) as response:
        read = response.iter_raw()
        parts.parts.put(b"1\r\n[\r\n")
        assert next(read) == b"["
        parts.parts.put(b"1\r\n]\r\n0\r\n\r\n")
        assert [*read] == [b"]"]
    assert violations(response) == []

    def noted():
        (entry,) = client.get("/__admin/requests").json()["requests"]
        return [found["detail"] for found in entry["violations"]]

    eventually(lambda: noted() == ["wanted an object, got an empty array"])
