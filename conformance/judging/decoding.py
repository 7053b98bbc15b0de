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
    if _is_deep(found):
        found = _cut(found, DEEPEST)
    return _whole(found) if SURROGATE.search(text) else found


def _is_deep(value: Any) -> bool:
    """Whether it has more levels than a validator can follow."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        below = (item.values() if isinstance(item, dict) else item for item in level)
        level = [inner for items in below for inner in items if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _cut(value: Any, depth: int) -> Any:
    """The same JSON with null for what lies deeper than a validator can follow."""
    if isinstance(value, dict):
        return {key: _cut(item, depth - 1) for key, item in value.items()} if depth else None
    if isinstance(value, list):
        return [_cut(item, depth - 1) for item in value] if depth else None
    return value


def _integer(digits: str) -> int:
    """The integer, or where it is too long for Python to write it down, its beginning."""
    return int(digits[:LONGEST_INTEGER])


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _whole(value: Any) -> Any:
    """The same JSON with every lone surrogate replaced: nothing could write it down."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value
