"""A part of a wrong value that is small enough to be told.

A validator makes an error of each wrong item, and for each error a copy of what is wrong: a list
of 90,000 wrong items takes it minutes and gigabytes. Whether a value is right it says at once. So
that is asked of shorter and shorter lists, until a few items are left that are wrong.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_SMALL = 250  # values that are told whole
_KEPT = 5  # items of each list, in a value that holds more
_SEARCHED = 12  # lists; of others the first items are left
_PLACES = 2_000  # that are looked at for lists
_MOST = 20_000  # values that may be left

_Path = tuple[str | int, ...]
_Place = tuple[_Path, Any, str | int]


class Excerpt:
    """Takes a wrong value over, and leaves in each of its lists the first items that are wrong.

    `value` is what is left, None if that is still too much.
    """

    def __init__(self, value: Any, is_valid: Callable[[Any], bool]) -> None:
        root = [value]  # so that the value itself can be replaced like any other
        self._is_valid: Callable[[], bool] = lambda: is_valid(root[0])
        self._skipped: dict[_Path, int] = {}
        self._lengths: dict[_Path, int] = {}
        if _holds_more(value, _SMALL):
            for number, (path, holder, key) in enumerate(_lists(root)):
                self._lengths[path] = len(holder[key])
                if number < _SEARCHED:
                    self._skipped[path] = self._shorten(holder, key)
                else:
                    del holder[key][_KEPT:]
        self.value = None if _holds_more(root[0], _MOST) else root[0]

    def path(self, path: list[str | int]) -> list[str | int]:
        """Where in the whole value that lies which is at a path of what is left."""
        return [
            part + self._skipped.get(tuple(path[:depth]), 0) if isinstance(part, int) else part
            for depth, part in enumerate(path)
        ]

    def length(self, path: list[str | int]) -> int | None:
        """How long a list was that has been shortened."""
        return self._lengths.get(tuple(path))

    def _shorten(self, holder: Any, key: str | int) -> int:
        """Leave the first wrong items of a list; how many were left out before them.

        Where no item is wrong, but their number, one more stays than there may be.
        """
        items = holder[key]
        holder[key] = []
        if not self._is_valid():  # for what lies elsewhere: any items will do
            holder[key] = items[:_KEPT]
            return 0
        low, high = 0, len(items)
        while high - low > _KEPT:
            middle = (low + high) // 2
            holder[key] = items[low:middle]
            low, high = (middle, high) if self._is_valid() else (low, middle)
        holder[key] = items[low : low + _KEPT]
        if not self._is_valid():
            return low
        low, high = 0, len(items)
        while high - low > 1:
            middle = (low + high) // 2
            holder[key] = items[:middle]
            low, high = (middle, high) if self._is_valid() else (low, middle)
        holder[key] = items[:high]
        return 0


def _lists(root: list[Any]) -> Iterator[_Place]:
    """The longer lists, the outermost first, each with its path, its holder and its key there."""
    waiting: deque[_Place] = deque([((), root, 0)])
    while waiting:
        path, holder, key = waiting.popleft()
        if isinstance(holder[key], list) and len(holder[key]) > _KEPT:
            yield path, holder, key
        if len(waiting) < _PLACES:
            waiting.extend(((*path, part), holder[key], part) for part in _parts(holder[key]))


def _parts(value: Any) -> Iterator[str | int]:
    """The keys of the values within a value that may be lists, or hold some."""
    pairs: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
    return (key for key, part in pairs if isinstance(part, dict | list))


def _holds_more(value: Any, most: int) -> bool:
    waiting, size = [value], 1
    while waiting and size <= most:
        holder = waiting.pop()
        size += len(holder) if isinstance(holder, dict | list) else 0
        if size <= most:
            waiting.extend(holder[part] for part in _parts(holder))
    return size > most
