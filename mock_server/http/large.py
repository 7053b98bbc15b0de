"""Work on large bodies, done in a thread: the event loop answers others meanwhile."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

SMALL = 64 * 1024  # bytes; what is done with so many takes less than handing it to a thread may

_T = TypeVar("_T")


async def beside(size: int, work: Callable[[], _T]) -> _T:
    """What `work` gives, done in a thread for a body of more than `SMALL` bytes."""
    return await asyncio.to_thread(work) if size > SMALL else work()
