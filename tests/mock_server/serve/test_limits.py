"""How much a client may send, and how long it may take."""

import asyncio

import pytest
from uvicorn.server import ServerState

from mock_server.serve.protocol import HEAD_LIMIT, HEADERS_LIMIT, TARGET_LIMIT, MockProtocol
from mock_server.serve.server import configure
from tests.serving import CHATS

from .connection import request

OPEN = b'{"agent_id":"agent-echo"}'


@pytest.mark.parametrize(
    ("path", "status"),
    [("/" + "a" * (TARGET_LIMIT - 1), 404), ("/" + "a" * TARGET_LIMIT, 414),
     ("/?" + "a" * TARGET_LIMIT, 414)],
)  # fmt: skip
def test_path_and_query_have_a_limit(one, path, status):
    one.send(request("GET", path))
    assert one.read()[0] == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (["X-A: " + "a" * 65_000], 200),
        (["X-A: " + "a" * HEAD_LIMIT], 431),
        ([f"X-{n}: a" for n in range(HEADERS_LIMIT - 3)], 200),
        ([f"X-{n}: a" for n in range(HEADERS_LIMIT - 2)], 431),
        ([f"X-{n}: " + "a" * 15_000 for n in range(4)], 200),
        ([f"X-{n}: " + "a" * 15_000 for n in range(5)], 431),
    ],
)
def test_headers_have_a_limit(one, headers, status):
    one.send(request("GET", "/livez", *headers))
    assert one.read()[0] == status


@pytest.mark.parametrize("sent", [b"GET /livez HTTP/1.1\r\nX: ", b"GET /"])
def test_a_head_without_an_end_is_refused(one, sent):
    one.send(sent)
    with pytest.raises(OSError):
        for _ in range(HEAD_LIMIT):
            one.send(b"a" * 1024)
            one.socket.settimeout(0.001)
            try:
                if one.socket.recv(65536):
                    raise OSError
            except TimeoutError:
                one.socket.settimeout(15)


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"", None), (b"GET /livez HT", 408),
     (request("POST", CHATS, "Content-Length: 99", body=b"{"), 408),
     (request("POST", CHATS, "Transfer-Encoding: chunked", body=b"5\r\n{"), 408)],
    ids=range(4),
)  # fmt: skip
def test_a_client_that_is_too_slow_is_let_go(connect, patience, sent, status):
    patience(request_seconds=0.3)
    one = connect()
    one.send(sent)
    if status is not None:
        got, headers, _ = one.read()
        assert (got, headers["connection"]) == (status, "close")
    assert one.closed() == b""


def test_a_client_that_is_refused_and_then_silent_is_let_go_without_a_second_answer(
    connect, patience
):
    patience(request_seconds=0.3)
    one = connect()
    one.send(b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{" % CHATS.encode())
    assert one.read()[0] == 401
    assert one.closed() == b""


def test_a_client_is_not_blamed_for_the_time_that_the_mock_takes(connect, patience):
    patience(request_seconds=1)
    one = connect()
    one.send(request("POST", CHATS, "X-Mock-Delay: 1200", body=OPEN + b" " * 200_000))
    assert one.read()[0] == 201
    expecting = request(
        "POST", CHATS, "X-Mock-Delay: 1200", "Expect: 100-continue", f"Content-Length: {len(OPEN)}"
    )
    one.send(expecting)
    assert one.read()[0] == 100
    one.send(OPEN)
    assert one.read()[0] == 201


def test_a_client_that_does_not_read_is_let_go(run, patience):
    async def wait_for_abort():
        one = MockProtocol(configure(unused), ServerState(), {})
        transport = Unread()
        one.connection_made(transport)
        one.pause_writing()
        await asyncio.wait_for(transport.aborted.wait(), 15)

    patience(reading_seconds=0.01)
    run(wait_for_abort())


def test_a_client_that_reads_again_is_kept(run, patience):
    async def pause_and_resume():
        one = MockProtocol(configure(unused), ServerState(), {})
        transport = Unread()
        one.connection_made(transport)
        for _ in range(3):
            one.pause_writing()
            one.resume_writing()
        await asyncio.sleep(0.05)
        assert not transport.aborted.is_set()

    patience(reading_seconds=0.01)
    run(pause_and_resume())


async def unused(scope, receive, send):
    raise AssertionError


class Unread(asyncio.Transport):
    """A transport whose client takes nothing."""

    def __init__(self):
        super().__init__()
        self.aborted = asyncio.Event()

    def abort(self):
        self.aborted.set()
