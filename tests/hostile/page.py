"""The section of `docs/reliability.md` on hostile targets."""

from __future__ import annotations

from tests import reliability

from .modes import GROUPS
from .run import MOST_MEGABYTES, MOST_SECONDS, OPTIONS, Sight


def write(sights: list[Sight]) -> None:
    """Put the section into the page."""
    reliability.write("hostile", section(sights))


def section(sights: list[Sight]) -> str:
    """What was measured, a row a mode."""
    by_name = {sight.mode.name: sight for sight in sights}
    return "\n".join(
        [
            "## Hostile targets",
            "",
            f"`nox -s hostile` runs the suite (`{' '.join(OPTIONS)}`) against {len(sights)} targets"
            " that answer as no",
            "server should, most of them honest until the preflight is over. Each run must end"
            f" within {MOST_SECONDS:g} s,",
            f"hold less than {MOST_MEGABYTES} MB, end with the verdict below and its exit code,"
            " tell the key nowhere,",
            "send nothing to another origin, and print nothing that steers a terminal.",
            "",
            f"{sum(not sight.faults for sight in sights)} of {len(sights)} withstood; the longest"
            f" run took {max(s.seconds for s in sights):.0f} s, the largest held"
            f" {max(s.megabytes for s in sights):.0f} MB.",
            "",
            "| kind | mode | verdict | seconds | MB | requests | |",
            "| - | - | - | - | - | - | - |",
            *(
                _row(group, by_name[mode.name])
                for group, modes in GROUPS.items()
                for mode in modes
                if mode.name in by_name
            ),
            "",
        ]
    )


def _row(group: str, sight: Sight) -> str:
    told = "; ".join(sight.faults).replace("|", "\\|")
    return (
        f"| {group} | `{sight.mode.name}` | {sight.verdict} | {sight.seconds:.1f}"
        f" | {sight.megabytes:.0f} | {sight.requests} | {told} |"
    )
