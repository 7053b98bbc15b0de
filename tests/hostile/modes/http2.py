"""Targets that speak HTTP/2, and break it."""

from __future__ import annotations

from collections.abc import Iterator

from ..server import Act, Call, Mode

DATA, HEADERS, RESET, SETTINGS, PING, GONE, WINDOW, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS = 1, 4
OK = b"\x88"  # :status 200, as HPACK's own table has it
PREFACE = 24


def frame(type: int, stream: int = 0, content: bytes = b"", flags: int = 0) -> bytes:
    head = len(content).to_bytes(3) + bytes([type, flags]) + stream.to_bytes(4)
    return head + content


def to_each(*answer: tuple[int, bytes, int]) -> Act:
    """These frames (type, content, flags) in answer to each request."""

    def act(call: Call) -> None:
        call.send(frame(SETTINGS))
        for stream in _requests(call):
            call.send(*(frame(type, stream, content, flags) for type, content, flags in answer))

    return act


def for_ever(part: bytes, *first: bytes) -> Act:
    """A first request is answered by these frames, and by one again and again."""

    def act(call: Call) -> None:
        call.send(frame(SETTINGS))
        next(_requests(call))
        call.send(*first)
        call.forever(part * 99)

    return act


def _requests(call: Call) -> Iterator[int]:
    """The streams that the suite opens."""
    _exactly(call, PREFACE)
    while True:
        head = _exactly(call, 9)
        _exactly(call, int.from_bytes(head[:3]))
        if head[3] == HEADERS:
            call.served.requests += 1
            yield int.from_bytes(head[5:])


def _exactly(call: Call, size: int) -> bytes:
    data = b""
    while len(data) < size:
        if not (part := call.connection.recv(size - len(data))):
            raise ConnectionAbortedError
        data += part
    return data


def at_once(name: str, act: Act) -> Mode:
    return Mode(name, "inconclusive", act, after=0, early=True, options=("--http2",))


MODES = (
    at_once("h2-resets-each-stream", to_each((RESET, b"\0\0\0\x02", 0))),
    at_once("h2-refuses-each-stream", to_each((RESET, b"\0\0\0\x07", 0))),
    at_once(
        "h2-resets-in-the-body",
        to_each((HEADERS, OK, END_HEADERS), (DATA, b"{", 0), (RESET, b"\0\0\0\x02", 0)),
    ),
    at_once("h2-goes-away", to_each((GONE, bytes(8), 0))),
    at_once("h2-head-of-garbage", to_each((HEADERS, b"\xff" * 99, END_HEADERS))),
    at_once("h2-continues-without-end", for_ever(frame(CONTINUATION, 1), frame(HEADERS, 1, OK))),
    at_once(
        "h2-large-continuations",
        for_ever(frame(CONTINUATION, 1, b"\0\x01a\x01b" * 3000), frame(HEADERS, 1, OK)),
    ),
    at_once("h2-pings-without-end", for_ever(frame(PING, 0, bytes(8)))),
    at_once("h2-settings-without-end", for_ever(frame(SETTINGS))),
    at_once(
        "h2-empty-data-without-end", for_ever(frame(DATA, 1), frame(HEADERS, 1, OK, END_HEADERS))
    ),
    at_once(
        "h2-data-without-end",
        for_ever(frame(DATA, 1, bytes(9000)), frame(HEADERS, 1, OK, END_HEADERS)),
    ),
    at_once("h2-windows-without-end", for_ever(frame(WINDOW, 1, b"\0\0\0\x01"))),
    at_once("h2-100-without-end", for_ever(frame(HEADERS, 1, b"\x08\x03100", END_HEADERS))),
)
