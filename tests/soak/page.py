"""The section of `docs/reliability.md` on long runs."""

from __future__ import annotations

from collections.abc import Sequence

from tests import reliability

from .run import (
    FOLLOWING,
    MOST_GROWTH,
    MOST_SLOWER,
    ORDERED,
    PART_SECONDS,
    RULE,
    SHARE,
    SLACK,
    Figures,
)


def write(every: Sequence[Figures], minutes: float) -> None:
    """Put the figures into the page."""
    reliability.write("soak", section(every, minutes))


def section(every: Sequence[Figures], minutes: float) -> str:
    """What was measured, with faults off and on."""
    lines = [
        "## Long runs",
        "",
        f"`nox -s soak -- --minutes {minutes:g}` measured how many requests a second the mock",
        f"answers, and then sent it {SHARE:.0%} of that: half of it without faults, half with",
        f"a rule that answers {RULE['probability']:.0%} of all calls with {ORDERED}. Sessions are",
        f"cleared every {PART_SECONDS:g} s. No other error may come but those that follow. The",
        "second quarter, when all is warm, and the last are compared, each by the median of its",
        f"parts: p99 may not grow {MOST_SLOWER:g} times and {SLACK * 1000:g} ms, nor memory by"
        f" {MOST_GROWTH:g} MB.",
        "",
        *table(every),
        "",
    ]
    return "\n".join(lines)


def table(every: Sequence[Figures]) -> list[str]:
    """The figures, with faults off and on."""
    columns = "faults | capacity | requests | 2xx | 503 | 404, 409 | others | p99, warm and last"
    return reliability.table(f"{columns} | MB, warm and last", map(_row, every))


def _row(one: Figures) -> tuple[object, ...]:
    good = sum(count for status, count in one.statuses.items() if 200 <= status < 300)
    ordered, following = one.statuses[ORDERED], sum(one.statuses[s] for s in FOLLOWING)
    others = one.statuses.total() - good - ordered - following
    first, last = one.compared
    return (
        *("on" if one.faulty else "off", f"{one.capacity:.0f}/s"),
        *(one.statuses.total(), good, ordered, following, others),
        f"{first.p99 * 1000:.0f} ms, {last.p99 * 1000:.0f} ms",
        f"{first.megabytes:.0f}, {last.megabytes:.0f}",
    )
