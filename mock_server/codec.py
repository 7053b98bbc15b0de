"""JSON read and written, integers with all their digits."""

import json
import math
from collections.abc import Callable
from typing import Any, NoReturn

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


def decode_in_turns(text: bytes, members: Callable[[list[tuple[str, Any]]], Any]) -> Any:
    """The same of a large text, with `members` to make each object: other threads have a turn
    between two. Raises ValueError or RecursionError, and takes escapes of half a character."""
    return json.loads(
        text.decode(), object_pairs_hook=members, parse_float=_finite, parse_constant=_refuse
    )


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def canonical(value: Any) -> bytes:
    """The same bytes for each way to write a value: keys in order, and 1e2 and 100.0 as 100."""
    return encode(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def encode(value: Any, sort_keys: bool = False) -> bytes:
    """A value as JSON, in few bytes."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort_keys else None)
    except TypeError:  # an integer beyond 64 bits, unless it is no JSON at all
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys)
        return text.encode()
