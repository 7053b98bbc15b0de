"""What comes in that is no delivery, or too much of them."""

import gzip
import socket
import threading
import tracemalloc
from contextlib import suppress

import httpx
import pytest

from conformance.target.listener import Listener
from tests.serving import wait_until

from .servers import deliver


def address(listener: Listener) -> tuple[str, int]:
    return "127.0.0.1", listener.server.server_address[1]


def said(listener: Listener, *parts: bytes) -> bytes:
    """What is answered to these bytes, in one connection."""
    with socket.create_connection(address(listener), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        with suppress(OSError):  # it may have hung up already
            connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").readline()


@pytest.mark.parametrize("length", [b"-1", b"99999999999", b"many", b"2097153"])
def test_a_length_that_makes_no_sense_is_refused(listener: Listener, length: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n"
    assert b" 413 " in said(listener, head, b"{}")


@pytest.mark.parametrize(
    "chunks",
    [b"-5\r\nhello\r\n0\r\n\r\n", b"zz\r\n", b"FFFFFFFFFF\r\n", b"200000\r\n" + b" " * 2097152],
)
def test_chunks_without_an_end_are_refused(listener: Listener, chunks: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b" 413 " in said(listener, head, chunks, b"\r\n1\r\n \r\n")


def test_a_payload_in_chunks_is_read_to_its_end(listener: Listener) -> None:
    payload = b'{"callAdditionalData": {"marker": "one"}}'
    parts = (b"%x\r\n%s\r\n" % (len(part), part) for part in (payload[:10], payload[10:]))
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b" 200 " in said(listener, head, *parts, b"0\r\nx: y\r\n\r\n")
    assert len(listener.deliveries("one")) == 1


def test_payloads_beyond_the_memory_are_answered_and_forgotten(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.target.listener.MOST_BYTES", 10_000)
    answers = [deliver(listener, "one", text="." * 3_000) for _ in range(9)]
    assert answers == [200] * 9
    assert len(listener.deliveries("one")) == 2
    deliver(listener, "." * 9_000)
    assert [*listener.inboxes] == ["one"]


def test_the_first_strangers_make_room(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.target.listener.MOST_BYTES", 10_000)
    for number in range(9):
        httpx.post(listener.url, json=[number, "." * 3_000], trust_env=False)
    assert [found.payload[0] for found in listener.strangers] == [7, 8]
    deliver(listener, "one", text="." * 3_000)
    assert len(listener.deliveries("one")) == 1
    assert [found.payload[0] for found in listener.strangers] == [8]


@pytest.mark.parametrize("packed", [False, True])
def test_many_small_values_take_no_memory(listener: Listener, packed: bool) -> None:
    body = b"[%s1]" % (b'{"a":1},' * (900_000 if packed else 200_000))
    headers = {"content-encoding": "gzip"} if packed else {}
    tracemalloc.start()
    try:
        for _ in range(3):
            content = gzip.compress(body) if packed else body
            answer = httpx.post(listener.url, content=content, headers=headers, trust_env=False)
            assert answer.status_code == 200
        wait_until(lambda: tracemalloc.get_traced_memory()[0] < 1_000_000)  # once all is answered
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40_000_000
    assert {found.payload for found in listener.strangers} == {None}


def test_no_more_connections_than_there_are_places(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener.server.places = threading.BoundedSemaphore(1)
    with socket.create_connection(address(listener)) as first:
        first.sendall(b"POST / HTTP/1.1\r\n")
        wait_until(lambda: not listener.server.places._value)
        with socket.create_connection(address(listener), timeout=10) as second:
            assert second.recv(1) == b""
    wait_until(lambda: listener.server.places._value)
    assert deliver(listener, "one") == 200


def test_a_head_that_drips_gives_its_place_back(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.target.receiver.LONGEST_REQUEST", 0.3)
    with socket.create_connection(address(listener), timeout=0.02) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n")

        def is_let_go() -> bool:
            try:
                connection.sendall(b"a")
                return not connection.recv(1)
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        wait_until(is_let_go, 5)
