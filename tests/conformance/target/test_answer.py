"""Every answer has an end."""

import gzip
import socket
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.judging.evidence import Evidence
from conformance.judging.outcomes import Blocked
from conformance.registry import watch_of
from conformance.target.answer import MOST_VALUES, decoded
from conformance.target.api import Api
from conformance.target.client import Client
from tests.growth import expect_linear

from .conftest import Make
from .servers import speaking


class Dripping(httpx.SyncByteStream):
    """A body that comes in parts, and does not end by itself."""

    def __init__(self, clock: list[float], part: bytes) -> None:
        self.clock, self.part = clock, part

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(1_000):
            self.clock[0] += 1
            yield self.part


@pytest.mark.parametrize(
    ("settings", "part", "told"),
    [
        ({"timeout": 5.0}, b" ", r"[56] bytes came"),
        ({"timeout": 500.0, "max_seconds": 7.0}, b" ", r"[78] bytes came"),
        ({"timeout": 5_000.0}, b" " * 1024 * 1024, r"more than 8388608 bytes"),
    ],
)
def test_an_answer_without_an_end_is_none(
    connect: Make, monkeypatch: pytest.MonkeyPatch, settings: Any, part: bytes, told: str
) -> None:
    clock = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    api = connect(lambda request: httpx.Response(200, stream=Dripping(clock, part)), **settings)
    with pytest.raises(Blocked, match=f"was not answered: (ReadTimeout|TooLarge) .*{told}"):
        api.list()


@pytest.mark.parametrize("letter", [b",", b"[", b"{"])
def test_an_answer_of_too_many_values_is_none(connect: Make, letter: bytes) -> None:
    api = connect(lambda request: httpx.Response(200, content=letter * (MOST_VALUES + 1)))
    with pytest.raises(Blocked, match=f"TooLarge .more than {MOST_VALUES} values came"):
        api.list()
    api = connect(lambda request: httpx.Response(200, content=letter * MOST_VALUES))
    assert api.list().status == 200


def endless(*parts: bytes) -> Callable[[socket.socket], None]:
    """Say the first part, and the others again and again."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(parts[0])
        while True:
            connection.sendall(parts[-1])
            time.sleep(0.02)

    return speak


@pytest.mark.parametrize(
    "parts",
    [
        (b"HTTP/1.1 200 OK\r\n", b"x"),
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b" "),
    ],
    ids=["a head that drips", "endless 1xx", "endless chunks", "a body that drips"],
)
def test_the_timeout_bounds_the_whole_exchange(
    contract: Contract, parts: tuple[bytes, ...]
) -> None:
    with speaking(endless(*parts)) as url:
        client = Client(Config(target=url, timeout=0.5), watch_of(contract), Evidence())
        begun = time.monotonic()
        with pytest.raises(Blocked, match="was not answered: ReadTimeout"):
            Api(client, "conf-test").list()
        client.close()
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("codings", ["gzip", "gzip, gzip"])
def test_what_is_compressed_is_bounded_as_it_is_read(connect: Make, codings: str) -> None:
    body = gzip.compress(b" " * 64 * 1024 * 1024)
    body = gzip.compress(body) if "," in codings else body
    headers = {"content-encoding": codings}
    stream = httpx.ByteStream(body)
    api = connect(lambda request: httpx.Response(200, headers=headers, stream=stream))
    tracemalloc.start()
    try:
        with pytest.raises(Blocked, match="TooLarge"):
            api.list()
        assert tracemalloc.get_traced_memory()[1] < 40 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw", "identity", "br"])
def test_what_was_offered_is_decoded(connect: Make, coding: str) -> None:
    body = b'{"items": []}'
    raw = zlib.compressobj(wbits=-15)
    sent = {
        "gzip": gzip.compress(body),
        "deflate": zlib.compress(body),
        "raw": raw.compress(body) + raw.flush(),
    }.get(coding, body)
    headers = {"content-encoding": "deflate" if coding == "raw" else coding}
    stream = httpx.ByteStream(sent)
    api = connect(lambda request: httpx.Response(200, headers=headers, stream=stream))
    assert api.list().content == body


@pytest.mark.parametrize("body", [gzip.compress(b'{"items": []}')[:-9], b'{"items": []}', b""])
def test_what_is_not_encoded_as_it_says_is_judged_as_it_came(connect: Make, body: bytes) -> None:
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    stream = httpx.ByteStream(body)
    api = connect(lambda request: httpx.Response(200, headers=headers, stream=stream))
    assert api.list().content == body
    assert "HTTP-12" in api.client.evidence.findings


def test_members_of_gzip_are_one_body(connect: Make) -> None:
    body, nothing = b'{"items": []}', gzip.compress(b"")
    sent = gzip.compress(body[:5]) + 1_000 * nothing + gzip.compress(body[5:]) + b"behind it"
    stream = httpx.ByteStream(sent)
    headers = {"content-encoding": "gzip"}
    api = connect(lambda request: httpx.Response(200, headers=headers, stream=stream))
    assert api.list().content == body


def test_members_of_gzip_are_read_in_a_time_by_their_bytes_alone() -> None:
    member = gzip.compress(b"x" * 50)
    expect_linear(lambda size: decoded(member * size, {"content-encoding": "gzip"}))
