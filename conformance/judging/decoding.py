"""JSON of a target, read so that nothing in it breaks what looks at it."""

import json
import re
from typing import Any

DEEPEST = 100  # levels of JSON; no answer of the contract has more than ten of its own
LONGEST_INTEGER = 4300  # digits, Python's limit for turning texts into integers and back
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def decoded(content: bytes) -> Any:
    """The JSON of a body, without what no program could take. Raises ValueError or RecursionError
    where it is none."""
    text = content.decode("utf-8")
    found = json.loads(text, parse_constant=_refuse, parse_int=_integer)
    may_be_deep = text.count("[") + text.count("{") > DEEPEST
    return _tame(found, DEEPEST) if may_be_deep or SURROGATE.search(text) else found


def _tame(value: Any, depth: int) -> Any:
    """The same JSON with null for what lies deeper than a validator can follow, and with every
    lone surrogate replaced: nothing could write it down."""
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
    """The integer, or where it is too long for Python to write it down, its beginning."""
    return int(digits[:LONGEST_INTEGER])


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")
