"""What comes in that is no delivery, or too much of them."""

import socket
import threading
from contextlib import suppress

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


@pytest.mark.parametrize("length", [b"-1", b"99999999999", b"many", b"4194305"])
def test_a_length_that_makes_no_sense_is_refused(listener: Listener, length: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n"
    assert b" 413 " in said(listener, head, b"{}")


@pytest.mark.parametrize(
    "chunks",
    [b"-5\r\nhello\r\n0\r\n\r\n", b"zz\r\n", b"FFFFFFFFFF\r\n", b"400000\r\n" + b" " * 4194304],
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
    monkeypatch.setattr("conformance.target.listener.MOST_BYTES", 1000)
    answers = [deliver(listener, "one", text="." * 300) for _ in range(9)]
    assert answers == [200] * 9
    assert len(listener.deliveries("one")) == 2


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
