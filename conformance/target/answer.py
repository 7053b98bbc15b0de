"""Reads an answer to its end, which must come before too many bytes, however compressed."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import httpx

from .network import seconds_left

LARGEST = 8 * 1024 * 1024  # bytes of an answer, on the wire and as they are read
MOST_VALUES = 500_000  # of JSON, counted by what parts them
MOST_CODINGS = 2  # of the body, one over the other
PIECE = 64 * 1024
SLICE = 4 * 1024
MEMBER = b"\x1f"  # begins one of gzip
GZIP, ZLIB, RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class TooLarge(httpx.TransportError):
    """An answer holds more than any of the contract's would."""


def read_body(answer: httpx.Response) -> tuple[bytes, bool]:
    """The body of an answer whose head has come, decoded where the suite has offered to; and
    whether it is garbled, and then as it came: not what Content-Encoding says.

    Raises httpx.ReadTimeout when the exchange must end before it is whole, TooLarge when it
    grows beyond LARGEST or MOST_VALUES.
    """
    assert isinstance(answer.stream, httpx.SyncByteStream)
    came: list[bytes] = []
    try:
        return _whole(_decoded(_kept(_bounded(answer.stream), came), answer.headers)), False
    except httpx.DecodingError:
        return b"".join(came), True


def _whole(coming: Iterator[bytes]) -> bytes:
    parts, size, values = [], 0, 0
    for part in _bounded(coming):
        size += len(part)
        values += values_in(part)
        if values > MOST_VALUES:
            raise TooLarge(f"more than {MOST_VALUES} values came")
        if seconds_left() <= 0:
            raise httpx.ReadTimeout(f"{size} bytes came, and no end of them in time")
        parts.append(part)
    return b"".join(parts)


def values_in(part: bytes) -> int:
    """About how many values a part of JSON holds, and never less."""
    return part.count(b",") + part.count(b"[") + part.count(b"{")


def decoded(body: bytes, headers: Mapping[str, str]) -> bytes:
    """A body that has come whole, decoded. Raises TooLarge, and httpx.DecodingError where it is
    not what Content-Encoding says."""
    return b"".join(_bounded(_decoded(iter([body]), httpx.Headers(headers))))


def _kept(parts: Iterable[bytes], came: list[bytes]) -> Iterator[bytes]:
    for part in parts:
        came.append(part)
        yield part


def _bounded(parts: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for part in parts:
        size += len(part)
        if size > LARGEST:
            raise TooLarge(f"more than {LARGEST} bytes came")
        yield part


def _decoded(parts: Iterator[bytes], headers: httpx.Headers) -> Iterator[bytes]:
    """The parts without the codings that were asked for; what has others is left as it came."""
    codings = [name.strip().lower() for name in headers.get("content-encoding", "").split(",")]
    codings = [name for name in codings if name not in ("", "identity")]
    if len(codings) > MOST_CODINGS:
        raise TooLarge(f"the body is encoded {len(codings)} times")
    for name in reversed(codings):
        if name in ("gzip", "x-gzip"):
            parts = _inflated(parts, GZIP)
        elif name == "deflate":
            parts = _deflated(parts)
        else:
            break
    return parts


def _deflated(parts: Iterator[bytes]) -> Iterator[bytes]:
    """`deflate` is zlib's format, and of some servers the bare one."""
    first = next((part for part in parts if part), b"")
    wrapped = len(first) > 1 and first[0] & 15 == 8 and int.from_bytes(first[:2]) % 31 == 0
    return _inflated(chain([first], parts), ZLIB if wrapped else RAW)


def _inflated(parts: Iterator[bytes], format: int) -> Iterator[bytes]:
    """What was compressed, in pieces: a few bytes may stand for very many. Several members of
    gzip are one body (RFC 1952, section 2.2); what else follows the end is none of it."""
    stream, begun = zlib.decompressobj(format), False
    try:
        for part in _sliced(parts):
            begun = True
            while part and not (stream.eof and (format != GZIP or part[:1] != MEMBER)):
                if stream.eof:
                    stream = zlib.decompressobj(format)
                yield stream.decompress(part, PIECE)
                part = stream.unconsumed_tail or stream.unused_data
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from error
    if begun and not stream.eof:
        raise httpx.DecodingError("it breaks off")


def _sliced(parts: Iterator[bytes]) -> Iterator[bytes]:
    """In small parts: the rest behind each member of gzip is copied."""
    for part in parts:
        for begin in range(0, len(part), SLICE):
            yield part[begin : begin + SLICE]
