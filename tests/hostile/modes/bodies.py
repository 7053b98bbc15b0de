"""Bodies that are large, deep, compressed, or no JSON."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from functools import cache

from ..server import Act, Answer, Call, Mode, told

MEGABYTE = 1 << 20
BOMB = 1024  # megabytes of zeros that a bomb stands for


def body(content: bytes) -> Act:
    """An honest head over another body, with status 200."""

    def act(call: Call) -> None:
        size = b"Content-Length: %d\r\n\r\n" % len(content)
        call.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", size, content)

    return act


def problem(content: bytes, *lines: bytes) -> Act:
    """A problem of this body, under these headers."""

    def act(call: Call) -> None:
        call.send(told(Answer(500, "application/problem+json", content), *lines))

    return act


def strings_without_end(call: Call) -> None:
    """100 MB of JSON strings, in a megabyte at a time."""
    call.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
    call.send(b"Content-Length: %d\r\n\r\n" % (100 * MEGABYTE), b'{"items": [')
    for _ in range(100):
        call.send(b'"%s",' % (b"a" * (MEGABYTE - 3)))


def bomb_in_a_problem(call: Call) -> None:
    problem(bomb(31), b"Content-Encoding: gzip")(call)


def packed(pack: str, codings: str) -> Act:
    """A body under these codings; made when it is first sent."""

    def act(call: Call) -> None:
        call.send(told(call.honest, f"Content-Encoding: {codings}".encode(), body=PACKS[pack]()))

    return act


@cache
def bomb(format: int) -> bytes:
    """A gigabyte in a megabyte: one flushed megabyte of zeros, told again and again."""
    stream = zlib.compressobj(9, zlib.DEFLATED, format)
    first = stream.compress(bytes(MEGABYTE)) + stream.flush(zlib.Z_FULL_FLUSH)
    again = stream.compress(bytes(MEGABYTE)) + stream.flush(zlib.Z_FULL_FLUSH)
    return first + again * (BOMB - 1) + stream.flush()


@cache
def double_bomb() -> bytes:
    return gzip.compress(bomb(31))


@cache
def thrice() -> bytes:
    return gzip.compress(gzip.compress(gzip.compress(b"{}")))


def cut() -> bytes:
    return gzip.compress(b'{"items": []}')[:-9]


PACKS: dict[str, Callable[[], bytes]] = {
    "gzip": lambda: bomb(31),
    "deflate": lambda: bomb(-15),
    "double": double_bomb,
    "thrice": thrice,
    "cut": cut,
    "garbage": lambda: b"\x1f\x8b" + bytes(range(256)),
}
PAGE = b'{"items": [%s], "total_count": 1}'
DEEP = 1_000_000

MODES = (
    Mode("gzip-bomb", "inconclusive", packed("gzip", "gzip")),
    Mode("gzip-bomb-at-once", "inconclusive", packed("gzip", "gzip"), after=0),
    Mode("deflate-bomb", "inconclusive", packed("deflate", "deflate")),
    Mode("gzip-bomb-in-gzip", "inconclusive", packed("double", "gzip, gzip")),
    Mode("gzip-three-times", "inconclusive", packed("thrice", "gzip, gzip, gzip")),
    Mode("gzip-cut", "non-conformant", packed("cut", "gzip")),
    Mode("gzip-of-garbage", "non-conformant", packed("garbage", "gzip")),
    Mode("3000000-items", "inconclusive", body(PAGE % (b"0," * 2_999_999 + b"0"))),
    Mode("50000-wrong-sessions", "non-conformant", body(PAGE % (b'{"id":0},' * 49_999 + b"{}"))),
    Mode(
        "100000-members",
        "non-conformant",
        body(b"{%s}" % b",".join(b'"a%d":0' % n for n in range(100_000))),
    ),
    Mode("a-member-100000-times", "non-conformant", body(b'{%s"id":1}' % (b'"id":0,' * 100_000))),
    Mode("json-deep", "non-conformant", body(b"[" * 200_000 + b"]" * 200_000)),
    Mode("json-deep-unended", "inconclusive", body(b'{"a":' * DEEP)),
    Mode(
        "json-deep-in-a-session",
        "non-conformant",
        body(b'{"additional_data":%s}' % (b'{"a":' * 900 + b"1" + b"}" * 900)),
    ),
    Mode("number-of-2-mb", "non-conformant", body(b'{"total_count": %s}' % (b"9" * 2_000_000))),
    Mode("fraction-of-2-mb", "non-conformant", body(b'{"total_count": 0.%s}' % (b"9" * 2_000_000))),
    Mode(
        "exponent-of-9-digits", "non-conformant", body(b'{"total_count": 1e999999999, "items": []}')
    ),
    Mode("nan", "non-conformant", body(b'{"total_count": NaN, "items": [Infinity]}')),
    Mode(
        "lone-surrogates", "non-conformant", body(b'{"id": "\\ud800", "\\udfff": 1, "items": []}')
    ),
    Mode("lone-surrogates-raw", "non-conformant", body(b'{"id": "\xed\xa0\x80"}')),
    Mode("nul", "non-conformant", body(b'{"id": "a\\u0000b", "\\u0000": 1, "items": []}')),
    Mode("nul-raw", "non-conformant", body(b'{"id": "a\0b"}\0')),
    Mode("string-of-7-mb", "non-conformant", body(b'{"id": "%s"}' % (b"a" * 7_000_000))),
    Mode("100-mb-of-strings", "inconclusive", strings_without_end),
    Mode("gzip-bomb-in-a-problem", "inconclusive", bomb_in_a_problem),
    Mode("gzip-bomb-in-a-problem-at-once", "inconclusive", bomb_in_a_problem, after=0),
    Mode(
        "json-deep-in-a-problem",
        "non-conformant",
        problem(b'{"title":%s1%s}' % (b'{"a":[' * 100_000, b"]}" * 100_000)),
    ),
    Mode(
        "problem-of-50000-errors",
        "non-conformant",
        problem(b'{"errors":[%s{}]}' % (b'{"a":0},' * 49_999)),
    ),
    Mode("9-mb", "inconclusive", body(b'{"id": "%s"}' % (b"a" * 9_000_000))),
    Mode("utf-16", "non-conformant", body('{"items": []}'.encode("utf-16"))),
    Mode("empty", "non-conformant", body(b"")),
    Mode("null", "non-conformant", body(b"null")),
)
