"""Bodies whose length is not what is told, or not told at all."""

from __future__ import annotations

from ..server import Act, Call, Mode, told

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def chunked(*parts: bytes) -> Act:
    """A body of these bytes, sound as chunks or not; then the connection is closed."""
    return lambda call: call.send(CHUNKED, *parts)


def chunks_for_ever(chunk: bytes, pause: float = 0.0) -> Act:
    def act(call: Call) -> None:
        call.send(CHUNKED)
        call.forever(chunk, pause=pause)

    return act


def after_a_chunk(part: bytes) -> Act:
    """What stands where the next chunk would, without end."""

    def act(call: Call) -> None:
        call.send(CHUNKED, b"2\r\n{}\r\n")
        call.forever(part)

    return act


def length(*values: str) -> Act:
    """An honest body under other Content-Length headers."""

    def act(call: Call) -> None:
        lines = (f"Content-Length: {value}\r\n".encode() for value in values)
        call.send(OK, *lines, b"\r\n", call.honest.body)

    return act


def coding(value: bytes) -> Act:
    return lambda call: call.send(OK, b"Transfer-Encoding: ", value, b"\r\n\r\n", call.honest.body)


def too_long(call: Call) -> None:
    size = len(call.honest.body) + 1
    call.send(OK, b"Content-Length: %d\r\n\r\n" % size, call.honest.body)


def until_closed(call: Call) -> None:
    """A body that ends with the connection, which does not end."""
    call.send(OK, b"\r\n")
    call.forever(b" ", pause=0.01)


def with_one_more(call: Call) -> None:
    """A whole answer and, in the same breath, the head of one that nobody has asked for."""
    call.send(told(call.honest, body=b'{"items":'), b"[]}", OK, b"\r\n")


MODES = (
    Mode("chunks-without-end", "inconclusive", chunks_for_ever(b"1\r\n \r\n", 0.01)),
    Mode("chunks-without-end-at-once", "inconclusive", chunks_for_ever(b"1\r\n \r\n"), after=0),
    Mode("large-chunks-without-end", "inconclusive", chunks_for_ever(b"8000\r\n%032768d\r\n" % 0)),
    Mode("chunk-size-no-number", "inconclusive", chunked(b"five\r\n{}\r\n")),
    Mode("chunk-size-negative", "inconclusive", chunked(b"-2\r\n{}\r\n0\r\n\r\n")),
    Mode("chunk-size-huge", "inconclusive", chunked(b"f" * 40, b"\r\n{}\r\n")),
    Mode("chunk-size-untrue", "inconclusive", chunked(b"1\r\n{}\r\n0\r\n\r\n")),
    Mode("chunk-extension-without-end", "inconclusive", after_a_chunk(b"2;a=b")),
    Mode("trailers-without-end", "inconclusive", after_a_chunk(b"0\r\nX-A: b\r\n" * 99)),
    Mode("length-too-long", "inconclusive", too_long),
    Mode("length-too-short", "non-conformant", length("1"), keeps=True),
    Mode("length-negative", "inconclusive", length("-1")),
    Mode("length-huge", "inconclusive", length("9" * 30)),
    Mode("length-no-number", "inconclusive", length("five")),
    Mode("length-twice-unlike", "inconclusive", length("2", "3")),
    Mode("length-in-a-list", "inconclusive", length("2, 3")),
    Mode("coding-unknown", "inconclusive", coding(b"nonsense")),
    Mode("body-until-closed", "inconclusive", until_closed),
    Mode("answer-and-a-half", "non-conformant", with_one_more, keeps=True),
)
