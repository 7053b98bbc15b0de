"""The section of `docs/reliability.md` on kills."""

from __future__ import annotations

from collections.abc import Sequence

from tests import reliability

from .run import Figures


def write(every: Sequence[Figures]) -> None:
    """Put the figures into the page."""
    reliability.write("crash", section(every))


def section(every: Sequence[Figures]) -> str:
    """What was measured, a row a victim."""
    kills = sum(one.kills for one in every)
    lines = [
        "## Kills",
        "",
        f"`nox -s crash -- --kills {kills}` killed mocks and databases with SIGKILL while clients"
        " opened sessions, spoke",
        "to them and ended them. Then it looked for all that was acknowledged: sessions, turns"
        " with",
        "their replies and keys, ends with their call results. What was not acknowledged may be",
        "there as a whole, or not. Each end must be announced by a webhook at least once, and",
        "nothing else.",
        "",
        *table(every),
        "",
    ]
    return "\n".join(lines)


def table(every: Sequence[Figures]) -> list[str]:
    """The figures, a row a victim."""
    columns = "killed | kills | sessions | acknowledged | lost or halved | ends | announced | again"
    return reliability.table(f"{columns} | seconds", map(_row, every))


def _row(one: Figures) -> tuple[object, ...]:
    told = (one.victim, one.kills, one.sessions, one.acknowledged, len(one.faults))
    return (*told, one.final, one.announced, one.again, f"{one.seconds:.0f}")
