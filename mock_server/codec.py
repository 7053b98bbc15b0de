"""JSON read and written, integers with all their digits."""

import json
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


def encode(value: Any, sort_keys: bool = False) -> bytes:
    """A value as JSON, in few bytes."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort_keys else None)
    except TypeError:  # an integer beyond 64 bits, unless it is no JSON at all
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys)
        return text.encode()
