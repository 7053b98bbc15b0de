"""Answers of the upstream, read for the check: media type, encoding, JSON."""

import json
import zlib
from typing import Any

import httpx

from ..codec import decode

LIMIT = 4 * 1024 * 1024  # bytes of an answer that is checked, decoded
_MOST_VALUES = 200_000  # in it, counted by what parts them
_DIGITS = 4300  # of an integer, the most that Python reads and writes
_DEEPEST = 100  # levels of JSON; the contract's own are ten at most
_SLICE = 4 * 1024  # bytes, since the rest behind each member is copied
_MEMBER = b"\x1f\x8b"  # begins one of gzip
_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 47}


def media_type_of(response: httpx.Response) -> str:
    """Type and subtype, which are the same in either case (RFC 9110, section 8.3.1)."""
    content_type: str = response.headers.get("content-type", "")
    return content_type.partition(";")[0].strip().lower()


def is_decodable(encoding: str) -> bool:
    return all(coding in ("", "identity", *_WINDOW) for coding in _codings(encoding))


def decoded(body: bytes, encoding: str) -> bytes | None:
    """A body without its encoding, None if it holds too much to be checked.

    Raises ValueError for what is not encoded so.
    """
    for coding in reversed(_codings(encoding)):
        if coding in _WINDOW:
            body = _inflate(body, coding)
        elif coding not in ("", "identity"):
            break  # what is below it stays as it came
        if len(body) > LIMIT:
            return None
    return body if sum(map(body.count, (b",", b"[", b"{"))) <= _MOST_VALUES else None


def parse_answer(body: bytes) -> Any:
    """The value of a JSON body. Raises ValueError for what is none.

    An escaped half of a surrogate pair is JSON, though no text; as is a number beyond a float, and
    an integer of any length.
    """
    odd = body.count(b"[") + body.count(b"{") > _DEEPEST
    try:
        value = decode(body)
    except ValueError:
        odd = True
        try:
            text = body.decode("utf-8")
            value = json.loads(text, parse_constant=_refuse, parse_int=_integer)
        except RecursionError:
            raise ValueError("too deep") from None
    return _tame(value, _DEEPEST) if odd else value


def _codings(encoding: str) -> list[str]:
    return [coding.strip().lower() for coding in encoding.split(",")]


def _inflate(body: bytes, coding: str) -> bytes:
    """Raises ValueError for what is not so compressed, or not to its end."""
    for window in (_WINDOW[coding], -15):  # deflate is sent with and without its frame
        engine, plain = zlib.decompressobj(window), bytearray()
        try:
            for begin in range(0, len(body), _SLICE):
                rest = body[begin : begin + _SLICE]
                while rest and len(plain) <= LIMIT:
                    if engine.eof and not rest.startswith(_MEMBER):
                        return bytes(plain)
                    if engine.eof:  # several members are one body: RFC 1952, section 2.2
                        engine = zlib.decompressobj(window)
                    plain += engine.decompress(rest, LIMIT + 1 - len(plain))
                    rest = engine.unconsumed_tail or engine.unused_data
        except zlib.error:
            continue
        if engine.eof or len(plain) > LIMIT:
            return bytes(plain)
    raise ValueError(f"no {coding}")


def _tame(value: Any, depth: int) -> Any:
    """The same value with null for what lies deeper than a validator can follow, and with every
    lone surrogate replaced."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if not isinstance(value, dict | list):
        return value
    if not depth:
        return None
    if isinstance(value, list):
        return [_tame(item, depth - 1) for item in value]
    return {_tame(key, depth): _tame(item, depth - 1) for key, item in value.items()}


def _integer(digits: str) -> int:
    return int(digits[:_DIGITS])


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")
