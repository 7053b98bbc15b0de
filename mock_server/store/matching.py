"""Whether a stored document holds what a filter wants: one meaning for every store."""

from functools import lru_cache
from typing import Any

from ..codec import canonical, decode

# What a path holds at most; one that holds more is found nowhere.
_DOTS = 100
_CHARACTERS = 4096


def holds(document: str, filters: str) -> bool:
    """Whether a document holds each wanted value at its dotted path."""
    row = decode(document)
    return all(_as_text(_dig(row, path)) == value for path, value in _wanted(filters))


@lru_cache(maxsize=4)
def _wanted(filters: str) -> tuple[tuple[str, bytes], ...]:
    return tuple((path, _as_text([value])) for path, value in decode(filters).items())


def is_among(value: str | None, wanted: str) -> bool:
    """Whether a text is among those of a JSON array."""
    return value in _members(wanted)


@lru_cache(maxsize=4)
def _members(wanted: str) -> frozenset[str]:
    return frozenset(decode(wanted))


def _as_text(found: list[Any]) -> bytes:
    return canonical(found)  # in Python true equals 1


def _dig(value: Any, path: str) -> list[Any]:
    if not path:
        return [value]
    if isinstance(value, dict):
        for key, rest in _splits(path):
            if key in value:
                return _dig(value[key], rest)
    return []


@lru_cache(maxsize=256)
def _splits(path: str) -> tuple[tuple[str, str], ...]:
    """A path as a key and what follows; a key may hold dots itself, so the longest comes first."""
    if len(path) > _CHARACTERS or path.count(".") > _DOTS:
        return ()
    parts = path.split(".")
    return tuple(
        (".".join(parts[:length]), ".".join(parts[length:])) for length in range(len(parts), 0, -1)
    )
