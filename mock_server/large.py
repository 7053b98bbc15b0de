"""Large values: worked on in a thread and piece by piece, as the event loop answers others
meanwhile. What the interpreter does at one go, whichever thread asks for it, holds them all up."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

SMALL = 64 * 1024  # bytes; what is done with so many takes less than handing it to a thread may
_PIECE = 500  # items of a list

_T = TypeVar("_T")


async def beside(size: int, work: Callable[[], _T]) -> _T:
    """What `work` gives, done in a thread for a body of more than `SMALL` bytes."""
    return await asyncio.to_thread(work) if size > SMALL else work()


def pieces(value: Any) -> Iterator[Any]:
    """A value as several, each with a part of its lists."""
    lists = _lists(value)
    if max(map(len, lists.values()), default=0) <= _PIECE:
        yield value
        return
    for first in range(0, max(map(len, lists.values())), _PIECE):
        yield {**value, **{name: some[first : first + _PIECE] for name, some in lists.items()}}


def empty(value: Any) -> None:
    """Free the items of a value's lists, which nobody is to look at any longer."""
    for some in _lists(value).values():
        while some:
            del some[-_PIECE:]


async def let_go(value: Any) -> None:
    """The same in a thread, of one that is large."""
    if any(len(some) > _PIECE for some in _lists(value).values()):
        await asyncio.to_thread(empty, value)


def _lists(value: Any) -> dict[str, list[Any]]:
    given = value if isinstance(value, dict) else {}
    return {name: some for name, some in given.items() if isinstance(some, list)}
