"""`python -m tests.hostile`: the suite against every hostile mode; exit 1 when one harms it."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import click

from .modes import MODES
from .page import write
from .run import Sight, look
from .server import Mode
from .surroundings import surroundings


def measure(modes: list[Mode], jobs: int, *, show: bool) -> list[Sight]:
    """Look at each mode, and tell what came of it at once."""
    sights = []
    with surroundings() as around, ThreadPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(look, mode, around) for mode in modes]):
            sight = future.result()
            sights.append(sight)
            click.echo(
                f"{sight.mode.name:34} {sight.verdict:15} {sight.seconds:5.1f} s"
                f" {sight.megabytes:4.0f} MB {sight.requests:4} requests"
                f"  {'; '.join(sight.faults)}".rstrip()
            )
            if show:
                click.echo(sight.said)
    return sights


@click.command()
@click.option("--only", help="Modes whose name holds this.", default="")
@click.option("--jobs", default=2, show_default=True)
@click.option("--show", is_flag=True, help="Print what the suite said, too.")
@click.option("--write-docs", is_flag=True, help="Write the figures into docs/reliability.md.")
def main(*, only: str, jobs: int, show: bool, write_docs: bool) -> None:
    """Run the suite against every hostile mode; exit 1 when one harms it."""
    modes = [mode for name, mode in MODES.items() if only in name]
    if not modes:
        raise click.UsageError(f"no mode holds {only!r}: {', '.join(MODES)}")
    if write_docs and only:
        raise click.UsageError("--write-docs is for all modes")
    begun = time.monotonic()
    sights = measure(modes, jobs, show=show)
    harmed = [sight.mode.name for sight in sights if sight.faults]
    click.echo(
        f"{len(sights) - len(harmed)} of {len(sights)} modes withstood;"
        f" longest {max(s.seconds for s in sights):.0f} s,"
        f" most memory {max(s.megabytes for s in sights):.0f} MB;"
        f" {time.monotonic() - begun:.0f} s"
    )
    if write_docs:
        write(sights)
    sys.exit(bool(harmed))


if __name__ == "__main__":
    main()
