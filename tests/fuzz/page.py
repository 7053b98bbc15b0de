"""The section of `docs/reliability.md` on requests that no client should send."""

from __future__ import annotations

from collections.abc import Sequence

from tests import reliability

from .run import HANGS, MOST_DESCRIPTORS, MOST_GROWTH, Figures


def write(every: Sequence[Figures], seed: int) -> None:
    """Put the figures into the page."""
    reliability.write("fuzz", section(every, seed))


def section(every: Sequence[Figures], seed: int) -> str:
    """What was measured, a row a door."""
    count = sum(figures.made.total() for figures in every)
    lines = [
        "## Requests that no client should send",
        "",
        f"`nox -s fuzz -- --requests {count} --seed {seed}` made half of its requests by the",
        "grammar of the two contracts, with odd values in every place, and half by cutting,",
        "doubling and overwriting the bytes of such. None may be answered 5xx or not within",
        f"{HANGS:g} s, or leave a traceback, {MOST_DESCRIPTORS} descriptors or {MOST_GROWTH:g} MB"
        " of the second half behind.",
        "Closed: the connection was closed without an answer, as what came is no HTTP.",
        "",
        *table(every),
        "",
    ]
    return "\n".join(lines)


def table(every: Sequence[Figures]) -> list[str]:
    """The figures, a row a door."""
    columns = "door | requests | 2xx | 3xx | 4xx | 5xx | closed | hung | slowest | growth | seconds"
    return reliability.table(columns, map(_row, every))


def _row(one: Figures) -> tuple[object, ...]:
    classes = [
        sum(n for status, n in one.answers.items() if status.startswith(first)) for first in "2345"
    ]
    counts = (one.made.total(), *classes, one.answers["closed"], one.answers["hung"])
    measured = (f"{one.slowest:.2f} s", f"{one.growth:.0f} MB", f"{one.seconds:.0f}")
    return (one.door, *counts, *measured)
