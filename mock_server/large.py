"""Large values: worked on in a thread and piece by piece, as the event loop answers others
meanwhile. What the interpreter does at one go, whichever thread asks for it, holds them all up."""

import asyncio
import json
import math
from collections.abc import Callable, Iterator
from itertools import zip_longest
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from typing import Any, NoReturn, TypeVar

SMALL = 64 * 1024  # bytes; what is done with so many takes less than handing it to a thread may
_ITEMS = 500  # of a list, with those of their own lists
PIECE = 1024 * 1024  # bytes that are looked at in one go

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


def decode_in_turns(raw: bytes, members: Callable[[list[tuple[str, Any]]], Any]) -> Any:
    """The value of a large text, with `members` to make each object, at which other threads have a
    turn; at each value where there are few objects. Raises ValueError or RecursionError."""
    decoder: Any = json.JSONDecoder(
        object_pairs_hook=members, parse_float=_finite, parse_constant=_refuse
    )
    if any(raw.find(b"{", at, at + PIECE) < 0 for at in range(0, len(raw), PIECE)):
        decoder.scan_once = py_make_scanner(decoder)
    value = decoder.decode(raw.decode())
    if b"\\u" in raw:  # perhaps half a character, which is no text
        for piece in pieces(value):
            json.dumps(piece, ensure_ascii=False).encode()
    return value


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"no number: {text[:40]}")
