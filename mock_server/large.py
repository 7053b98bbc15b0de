"""Large values: worked on in a thread and piece by piece, as the event loop answers others
meanwhile. What the interpreter does at one go, whichever thread asks for it, holds them all up."""

import asyncio
import json
import math
import re
from collections.abc import Callable, Iterator
from itertools import zip_longest
from json.decoder import WHITESPACE  # type: ignore[attr-defined]
from typing import Any, NoReturn, TypeVar

SMALL = 64 * 1024  # bytes; what is done with so many takes less than handing it to a thread may
_ITEMS = 500  # of a list, with those of their own lists
PIECE = 1024 * 1024  # bytes that are read at one go
_TEXT = 4 * PIECE  # of a text, which is read faster than many values
_LEVELS = 8  # of what is larger than a piece
_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # perhaps of half a character
_GOES_ON = re.compile(r"\.?|[eE][+-]?")  # behind a number that is cut
_Members = Callable[[list[tuple[str, Any]]], Any]

_T = TypeVar("_T")


async def beside(size: int, work: Callable[[], _T]) -> _T:
    """What `work` gives, done in a thread for a body of more than `SMALL` bytes."""
    return await asyncio.to_thread(work) if size > SMALL else work()


def pieces(value: Any, least: int = 0) -> Iterator[Any]:
    """A value as several, each with a part of its lists, or so many of one that is at its end."""
    lists = _lists(value)
    if not any(lists.values()):
        yield value
        return
    for parts in zip_longest(*map(_parts, lists.values())):
        named = zip(lists, parts, strict=True)
        yield {**value, **{name: part or lists[name][:least] for name, part in named}}


def empty(value: Any) -> None:
    """Free the items of a value's lists, which nobody is to look at any longer."""
    for some in _lists(value).values():
        _free(some)


def drop_items(value: Any) -> None:
    """Drop them one after another; what is in them may be somebody else's too."""
    for some in _lists(value).values():
        while some:
            some.pop()


async def let_go(value: Any) -> None:
    """Empty a value, in a thread, where it is large."""
    if not has_few(value):
        await asyncio.to_thread(empty, value)


def has_few(value: Any, most: int = _ITEMS) -> bool:
    """Whether each of a value's lists holds fewer than so many items, with their own lists'."""
    for some in value.values() if isinstance(value, dict) else ():
        if isinstance(some, list) and sum(map(_weight, some[:most])) >= most:
            return False
    return True


def _lists(value: Any) -> dict[str, list[Any]]:
    given = value if isinstance(value, dict) else {}
    return {name: some for name, some in given.items() if isinstance(some, list)}


def _weight(item: Any) -> int:
    """One, and what the lists of an item hold."""
    weight = 1
    for member in item.values() if isinstance(item, dict) else ():
        if isinstance(member, list):
            weight += len(member)
    return weight


def _parts(some: list[Any]) -> Iterator[list[Any]]:
    first = weight = 0
    for number, item in enumerate(some):
        weight += _weight(item)
        if weight > _ITEMS and number > first:
            yield some[first:number]
            first, weight = number, _weight(item)
    yield some[first:]


def _free(parts: Any) -> None:
    """Free a list or an object from within: at one go it would hold everybody up."""
    while parts:
        part = parts.pop() if isinstance(parts, list) else parts.popitem()[1]
        if isinstance(part, list | dict):
            _free(part)


def decode_in_turns(raw: bytes, members: _Members) -> Any:
    """The value of a large text, with `members` to make each object: other threads have a turn
    between two pieces. Raises ValueError or RecursionError."""
    reader = _Reader(raw, members)
    value = reader.value()
    return reader.refuse() if reader.peek() else value


class _Reader:
    """Looks at a text through a window of one piece, and goes into what is larger."""

    def __init__(self, raw: bytes, members: _Members) -> None:
        self.raw, self.members = raw, members
        decoder: Any = json.JSONDecoder(
            object_pairs_hook=members, parse_float=_finite, parse_constant=_refuse
        )
        self.scan = decoder.scan_once
        self.begin, self.text, self.at = 0, "", 0
        self.move(PIECE)

    def move(self, size: int) -> None:
        """Have the window begin with what comes next."""
        self.begin += len(self.text[: self.at].encode())
        end = self.begin + size
        while self.begin < end < len(self.raw) and self.raw[end] & 0xC0 == 0x80:
            end -= 1  # no cut within a character
        self.text, self.at = self.raw[self.begin : end].decode(), 0
        self.ends = end >= len(self.raw)
        self.halves = _HALF.search(self.text) is not None

    def value(self, level: int = 0) -> Any:
        """The next value."""
        first = self.peek()
        for size in (0, PIECE, _TEXT) if first == '"' else (0, PIECE):
            if size:
                self.move(size)
            if (found := self.scanned()) is not None:
                return found[0]
            if self.ends:
                self.refuse()
        if level == _LEVELS or first not in ("[", "{"):
            self.refuse()
        self.at += 1
        read: list[Any] = []
        try:
            read.extend(self.pairs(level + 1) if first == "{" else self.items(level + 1))
        except (ValueError, RecursionError):
            _free([value for _, value in read] if first == "{" else read)
            raise
        return self.members(read) if first == "{" else read

    def scanned(self) -> tuple[Any] | None:
        """The value that begins here, if the window holds all of it."""
        try:
            value, end = self.scan(self.text, self.at)
        except (StopIteration, ValueError):
            return None
        if not self.ends and _GOES_ON.fullmatch(self.text, end):
            return None
        if self.halves:
            json.dumps(value, ensure_ascii=False).encode()
        self.at = end
        return (value,)

    def items(self, level: int) -> Iterator[Any]:
        """What is left of a list."""
        more = self.peek() != "]" or self.mark("]") != "]"
        while more:
            yield self.value(level)
            more = self.mark(",]") == ","

    def pairs(self, level: int) -> Iterator[tuple[str, Any]]:
        """What is left of an object."""
        more = self.peek() != "}" or self.mark("}") != "}"
        while more:
            name = self.value(level) if self.peek() == '"' else self.refuse()
            self.mark(":")
            yield name, self.value(level)
            more = self.mark(",}") == ","

    def mark(self, legal: str) -> str:
        """One of these, which comes next."""
        found = self.peek()
        self.at += 1
        return found if found and found in legal else self.refuse()

    def peek(self) -> str:
        """What comes next, or nothing."""
        while True:
            self.at = WHITESPACE.match(self.text, self.at).end()
            if self.at < len(self.text) or self.ends:
                return self.text[self.at : self.at + 1]
            self.move(PIECE)

    def refuse(self) -> NoReturn:
        """Raise ValueError for what cannot be read."""
        raise ValueError(f"cannot be read behind byte {self.begin}, or too large for one value")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)
