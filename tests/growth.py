"""How work grows with its input: two sizes in one run are compared, and no seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

Entry = Callable[[int], object]


def expect_linear(entry: Entry, small: int = 4_000) -> None:
    """Eight times as much takes far less than 64 times, in one of a few tries."""
    most = 30 * min(seconds(entry, small) for _ in range(3)) + 0.02
    tries = (seconds(entry, 8 * small) for _ in range(3))
    assert any(taken < most for taken in tries), f"each took longer than {most:.3f} s"


def seconds(entry: Entry, size: int) -> float:
    """How long it takes, of this thread's own time."""
    begun = time.thread_time()
    entry(size)
    return time.thread_time() - begun
