"""Heads that are too much, or none."""

from __future__ import annotations

from ..server import Act, Call, Mode, told

WRONG = b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
MEGABYTE = 1_000_000


def raw(*parts: bytes) -> Act:
    """These bytes in the place of an answer."""
    return lambda call: call.send(*parts)


def first_line(line: bytes) -> Act:
    return raw(line, b"\r\n", WRONG)


def headers(*lines: bytes) -> Act:
    """A wrong body under an honest head with further lines."""
    return lambda call: call.send(told(call.honest, *lines, body=b"{}"))


def for_ever(first: bytes, part: bytes, pause: float = 0.0) -> Act:
    def act(call: Call) -> None:
        call.send(first)
        call.forever(part, pause=pause)

    return act


def media_type(value: bytes) -> Act:
    """An honest body of another kind."""

    def act(call: Call) -> None:
        size = b"Content-Length: %d" % len(call.honest.body)
        lines = (b"HTTP/1.1 200 OK", b"Content-Type: " + value, size, b"", call.honest.body)
        call.send(b"\r\n".join(lines))

    return act


MODES = (
    Mode("head-without-end", "inconclusive", for_ever(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 99)),
    Mode("header-without-end", "inconclusive", for_ever(b"HTTP/1.1 200 OK\r\nX-A: ", b"b" * 999)),
    Mode("header-of-1-mb", "inconclusive", headers(b"X-A: " + b"b" * MEGABYTE)),
    Mode("10000-headers", "non-conformant", headers(*(b"X-%d: b" % n for n in range(10_000)))),
    Mode("2000-headers", "non-conformant", headers(*(b"X-%d: b" % n for n in range(2_000)))),
    Mode("1000000-headers", "inconclusive", headers(b"a: b\r\n" * 999_999 + b"a: b")),
    Mode("header-folded", "non-conformant", media_type(b"application/\r\n json")),
    Mode("header-without-name", "inconclusive", headers(b": b")),
    Mode("header-without-colon", "inconclusive", headers(b"X-A")),
    Mode("header-with-nul", "inconclusive", headers(b"X-A: a\0b")),
    Mode("header-of-latin-1", "non-conformant", media_type(b"application/\xff\xfe")),
    Mode("media-type-of-60-kb", "non-conformant", media_type(b'text/x;a="' + b'\\"' * 30_000)),
    Mode(
        "2000-cookies",
        "non-conformant",
        headers(*(b"Set-Cookie: a%d=b; Path=/" % n for n in range(2_000))),
    ),
    Mode("status-000", "inconclusive", first_line(b"HTTP/1.1 000 None")),
    Mode("status-999", "non-conformant", first_line(b"HTTP/1.1 999 Other")),
    Mode("status-of-2-digits", "inconclusive", first_line(b"HTTP/1.1 20 OK")),
    Mode("status-of-20-digits", "inconclusive", first_line(b"HTTP/1.1 20000000000000000000 OK")),
    Mode("status-101", "inconclusive", raw(b"HTTP/1.1 101 Other\r\nUpgrade: h2c\r\n\r\n")),
    Mode("reason-of-1-mb", "inconclusive", first_line(b"HTTP/1.1 200 " + b"O" * MEGABYTE)),
    Mode("http-0.9", "inconclusive", raw(b'{"items": [], "total_count": 0}')),
    Mode("http-0.9-at-once", "inconclusive", raw(b"<html>Hello</html>"), after=0),
    Mode("http-3.0", "non-conformant", first_line(b"HTTP/3.0 200 OK")),
    Mode(
        "http-2-frames", "inconclusive", raw(b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64" * 9), after=0
    ),
    Mode("tls-alert", "inconclusive", raw(b"\x15\x03\x03\0\x02\x02\x28"), after=0),
    Mode("noise", "inconclusive", raw(bytes(range(256)) * 999)),
    Mode("lines-without-end", "inconclusive", for_ever(b"", b"\r\n" * 999)),
    Mode("100-without-end", "inconclusive", for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 9)),
    Mode(
        "103-every-tenth",
        "inconclusive",
        for_ever(b"", b"HTTP/1.1 103 Early\r\nLink: <a>\r\n\r\n", 0.1),
    ),
)
