"""Webhooks as they come in, each answered as its check has said."""

import gzip
import socket
import struct
import threading
import time
import zlib
from contextlib import suppress

import httpx
import pytest

from conformance.config.settings import UsageError
from conformance.target.listener import Listener
from conformance.target.receiver import HANG
from tests.serving import HANGING

from .servers import deliver


def test_a_delivery_is_kept_under_its_marker(listener: Listener) -> None:
    assert deliver(listener, "one", callId="c") == 200
    found = listener.deliveries("one")
    assert [delivery.payload["callId"] for delivery in found] == ["c"]
    assert found[0].headers["content-type"] == "application/json"
    assert listener.deliveries("other") == []


def test_deliveries_are_answered_in_turn_and_then_with_200(listener: Listener) -> None:
    listener.answer("one", 500, 400)
    assert [deliver(listener, "one") for _ in range(3)] == [500, 400, 200]
    assert [delivery.answer for delivery in listener.deliveries("one")] == [500, 400, 200]


def test_an_answer_is_for_its_marker_only(listener: Listener) -> None:
    listener.answer("one", 500)
    assert deliver(listener, "other") == 200


def test_a_hanging_answer_does_not_come(listener: Listener) -> None:
    listener.answer("one", HANG)
    with pytest.raises(httpx.ReadTimeout):
        deliver(listener, "one", timeout=0.3)
    assert listener.wait("one", 1, HANGING)  # it may have been left before it was read
    assert deliver(listener, "one") == 200


def test_a_payload_without_a_marker_is_told_by_its_call_id(listener: Listener) -> None:
    listener.expect("ABC", "one")
    httpx.post(listener.url, json={"callId": "abc"}, trust_env=False)
    assert len(listener.deliveries("one")) == 1


def test_a_body_in_chunks_is_read(listener: Listener) -> None:
    parts = iter([b'{"callAdditionalData": ', b'{"marker": "one"}}'])
    httpx.post(listener.url, content=parts, trust_env=False)
    assert len(listener.deliveries("one")) == 1


MARKED = b'{"callAdditionalData": {"marker": "one"}}'


@pytest.mark.parametrize(
    ("coding", "content", "known"),
    [
        ("gzip", gzip.compress(MARKED), 1),
        ("deflate", zlib.compress(MARKED), 1),
        ("identity", MARKED, 1),
        ("gzip", MARKED, 0),
        ("br", MARKED, 1),
        ("gzip", gzip.compress(MARKED + b" " * 9_000_000), 0),
    ],
    # Of their own, as gzip writes the time, and all workers must name a test alike.
    ids=["gzip", "deflate", "plain", "no-gzip", "unknown", "too-large"],
)
def test_a_compressed_payload_is_read_by_what_it_holds(
    listener: Listener, coding: str, content: bytes, known: int
) -> None:
    headers = {"content-encoding": coding}
    answer = httpx.post(listener.url, content=content, headers=headers, trust_env=False)
    assert (answer.status_code, len(listener.deliveries("one"))) == (200, known)


def test_put_is_taken_like_post(listener: Listener) -> None:
    payload = {"callAdditionalData": {"marker": "one"}}
    assert httpx.put(listener.url + "hook", json=payload, trust_env=False).status_code == 200
    assert len(listener.deliveries("one")) == 1


@pytest.mark.parametrize(
    "content", [b"", b"no json", b"[]", b'{"callAdditionalData": null}', b"\xff"]
)
def test_a_payload_without_a_marker_is_answered_too(listener: Listener, content: bytes) -> None:
    assert httpx.post(listener.url, content=content, trust_env=False).status_code == 200


def test_a_payload_that_is_nested_too_deeply_is_answered_and_kept(listener: Listener) -> None:
    nested = b"[" * 100_000 + b"]" * 100_000
    assert httpx.post(listener.url, content=nested, trust_env=False).status_code == 200
    assert [delivery.payload for delivery in listener.strangers] == [None]


def test_waiting_ends_with_the_delivery(listener: Listener) -> None:
    deliver(listener, "one")
    assert len(listener.wait("one", 1, 30)) == 1


def test_waiting_ends_with_the_patience(listener: Listener) -> None:
    assert listener.wait("one", 1, 0.1) == []


def test_what_comes_when_the_first_is_over_is_a_retry(listener: Listener) -> None:
    listener.answer("one", 500)
    deliver(listener, "one")
    first = listener.deliveries("one")[0]
    assert listener.retry(first, "one", 0.1) is None
    deliver(listener, "one")
    assert listener.retry(first, "one", 0.1) is listener.deliveries("one")[1]


@pytest.mark.parametrize("answer", [500, HANG])
def test_what_comes_beside_the_first_is_no_retry(listener: Listener, answer: int) -> None:
    listener.answer("one", answer)
    sender = threading.Thread(target=given_up, args=(listener, "one"))
    sender.start()
    assert listener.wait("one", 1, 5)
    given_up(listener, "one")
    sender.join()
    first, beside = listener.deliveries("one")
    assert listener.retry(first, "one", 0.1) is None
    deliver(listener, "one")
    retry = listener.retry(first, "one", 5)
    assert retry is not None
    assert retry is not beside


def test_what_comes_as_soon_as_a_silent_try_is_given_up_is_a_retry(listener: Listener) -> None:
    listener.answer("one", HANG)
    with socket.create_connection(("127.0.0.1", listener.server.server_port)) as sender:
        body = b'{"callAdditionalData": {"marker": "one"}}'
        sender.sendall(b"POST / HTTP/1.0\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        assert listener.wait("one", 1, 5)
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
    time.sleep(0.02)
    assert deliver(listener, "one") == 200
    first, again = listener.deliveries("one")
    assert listener.retry(first, "one", 0.1) is again


def test_what_comes_beside_a_failing_delivery_is_not_taken(listener: Listener) -> None:
    listener.answer("one", 500)
    answers: list[int] = []
    twins = [
        threading.Thread(target=lambda: answers.append(deliver(listener, "one"))) for _ in range(2)
    ]
    for twin in twins:
        twin.start()
    for twin in twins:
        twin.join()
    assert answers == [500, 500]
    assert deliver(listener, "one") == 200


def given_up(listener: Listener, marker: str) -> None:
    with suppress(httpx.ReadTimeout):
        deliver(listener, marker, timeout=1)


def test_deliveries_settle_when_nothing_more_comes(listener: Listener) -> None:
    deliver(listener, "one")
    deliver(listener, "one")
    assert len(listener.settled("one", 0.1)) == 2


@pytest.mark.parametrize(
    "address", ["nowhere", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000", "999.1.1.1:80"]
)
def test_an_address_that_cannot_be_listened_on_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="--webhook-listen"):
        Listener(address)


def test_an_address_in_use_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="a port that is free"):
            Listener(f"127.0.0.1:{taken.getsockname()[1]}")


def test_a_closed_listener_frees_its_address() -> None:
    first = Listener("127.0.0.1:0")
    port = first.server.server_address[1]
    first.close()
    Listener(f"127.0.0.1:{port}").close()


def test_the_last_strangers_are_kept(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.target.listener.MOST_STRANGERS", 3)
    for number in range(5):
        listener.receive({"number": number}, {})
    assert [found.payload["number"] for found in listener.strangers_since(0)] == [2, 3, 4]


def test_deliveries_that_never_cease_are_given_up_on(listener: Listener) -> None:
    stopped = threading.Event()

    def flood() -> None:
        while not stopped.is_set():
            listener.receive({"callAdditionalData": {"marker": "one"}}, {})
            stopped.wait(0.02)

    thread = threading.Thread(target=flood)
    thread.start()
    begun = time.monotonic()
    try:
        assert listener.settled("one", 0.2)
    finally:
        stopped.set()
        thread.join()
    assert time.monotonic() - begun < 10


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_an_ipv6_address_is_listened_on() -> None:
    listener = Listener("[::1]:0")
    try:
        assert listener.url.startswith("http://[::1]:")
        assert deliver(listener, "one") == 200
    finally:
        listener.close()


def test_the_target_may_be_told_another_address() -> None:
    listener = Listener("127.0.0.1:0", "https://tunnel.example.test/hook")
    listener.close()
    assert listener.url == "https://tunnel.example.test/hook"
