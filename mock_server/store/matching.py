"""Whether a stored document holds what a filter wants: one meaning for every store."""

from functools import lru_cache
from typing import Any

from ..codec import decode, encode

__all__ = ["holds", "is_among"]

_MAX_DOTS = 100


def holds(document: str, filters: str) -> bool:
    """Whether a document holds each wanted value at its dotted path."""
    row = decode(document)
    wanted: dict[str, Any] = decode(filters)
    return all(_same(_dig(row, path), [value]) for path, value in wanted.items())


def is_among(value: str | None, wanted: str) -> bool:
    """Whether a text is among those of a JSON array."""
    return value in _members(wanted)


@lru_cache(maxsize=4)
def _members(wanted: str) -> frozenset[str]:
    return frozenset(decode(wanted))


def _same(one: Any, other: Any) -> bool:
    # As text, because in Python true equals 1.
    return encode(one, sort_keys=True) == encode(other, sort_keys=True)


def _dig(value: Any, path: str) -> list[Any]:
    if not path:
        return [value]
    if not isinstance(value, dict) or path.count(".") > _MAX_DOTS:
        return []
    # A key may hold dots itself, so the longest one that exists wins.
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        key = ".".join(parts[:length])
        if key in value:
            return _dig(value[key], ".".join(parts[length:]))
    return []
