"""JSON read and written, integers with all their digits."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

# orjson makes a float of an integer beyond 64 bits, which has 19 digits at least.
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_LONG = b"0" * 19


def decode(text: bytes | str) -> Any:
    """The value of a JSON text. Raises orjson.JSONDecodeError for anything else."""
    raw = text.encode() if isinstance(text, str) else text
    value = orjson.loads(raw)
    if _LONG not in raw.translate(_DIGITS):
        return value
    try:
        return json.loads(raw)
    except RecursionError:
        raise orjson.JSONDecodeError("recursion limit exceeded", "", 0) from None


def texts(value: Mapping[str, Any]) -> Iterator[bytes]:
    """The JSON of an object in parts, an item of its lists each."""
    mark = b"{"
    for name, member in value.items():
        yield b"%s%s:" % (mark, encode(name))
        mark = b","
        if isinstance(member, list) and member:
            for number, item in enumerate(member):
                yield (b"," if number else b"[") + encode(item)
            yield b"]"
        else:
            yield encode(member)
    yield b"}" if value else b"{}"


def canonical(value: Any) -> bytes:
    """The same bytes for each way to write a value: keys in order, and 1e2 and 100.0 as 100."""
    return encode(with_integers(value), sort_keys=True)


def with_integers(value: Any) -> Any:
    """The same value; a number without a fraction, such as 1800.0, is an integer in JSON."""
    if isinstance(value, dict):
        return {key: with_integers(member) for key, member in value.items()}
    if isinstance(value, list):
        return [with_integers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def encode(value: Any, sort_keys: bool = False) -> bytes:
    """A value as JSON, in few bytes."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort_keys else None)
    except TypeError:  # an integer beyond 64 bits, unless it is no JSON at all
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys)
        return text.encode()
