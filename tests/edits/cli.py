"""The command line of the measurement."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

import click

from .catalogue import EDITS
from .measure import measure
from .page import FOLLOWED_AT_LEAST, Table
from .sight import FAULT, FOLLOWED, REFUSED, Sight


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", metavar="NAME[,NAME]", default="", help="Edits whose names begin so.")
@click.option("--jobs", default=2, show_default=True, help="Edits at a time.")
@click.option("--fast", is_flag=True, help="Judge the new truth by the pack smoke alone.")
@click.option("--whole", is_flag=True, help="Judge the old truth by every rule of a pack.")
@click.option("--new", is_flag=True, help="The edits that docs/contract.md has not measured.")
@click.option("--write-docs", is_flag=True, help="Write what was seen into docs/contract.md.")
def main(only: str, jobs: int, *, fast: bool, whole: bool, new: bool, write_docs: bool) -> None:
    """Measure that each edit of openapi.yaml is followed by mock and suite, or refused by both.
    Exit 1 when one is not."""
    begun, table = time.monotonic(), Table.last()
    known = table.rows if new else {}
    begin = tuple(only.split(","))
    names = [name for name in EDITS if name.startswith(begin) and name not in known]
    if not names:
        raise click.UsageError(f"no edit is to be measured: {only}")
    counts = dict.fromkeys((FOLLOWED, REFUSED, FAULT), 0)
    for sight in seen(names, jobs, fast=fast, whole=whole):
        click.echo(str(sight))
        counts[sight.verdict] += 1
        table = table.seen(sight)
        if write_docs:
            table.write()
    click.echo(f"{figures(counts)}; {time.monotonic() - begun:.0f} s")
    short = len(names) == len(EDITS) and counts[FOLLOWED] < FOLLOWED_AT_LEAST
    if short:
        click.echo(f"fewer than {FOLLOWED_AT_LEAST} are followed")
    sys.exit(bool(counts[FAULT]) or short)


def seen(names: list[str], jobs: int, **options: bool) -> Iterator[Sight]:
    """What is seen of each edit, as soon as it is."""
    with ProcessPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(measure, name, **options) for name in names]):
            yield future.result()


def figures(counts: dict[str, int]) -> str:
    """How many edits were taken in which way."""
    told = f"{sum(counts.values())} edits: {counts[FOLLOWED]} followed by both"
    return f"{told}, {counts[REFUSED]} refused by both, {counts[FAULT]} faults"
