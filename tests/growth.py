"""How work grows with its input: two sizes in one run are compared, and no seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

Entry = Callable[[int], object]


def expect_linear(entry: Entry, small: int = 4_000) -> None:
    """Eight times as much takes far less than 64 times."""
    before, after = seconds(entry, small), seconds(entry, 8 * small)
    assert after < 30 * before + 0.02, (before, after)


def seconds(entry: Entry, size: int) -> float:
    """The least of a few tries, of this thread's own time."""
    best = float("inf")
    for _ in range(3):
        begun = time.thread_time()
        entry(size)
        best = min(best, time.thread_time() - begun)
    return best
