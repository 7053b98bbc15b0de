"""`python -m tests.fuzz`: requests that no client should send; exit 1 when one does harm."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from .page import table, write
from .requests import API, PLANE, Maker
from .run import DOORS, measure

_TOLD = 20


@click.command()
@click.option("--requests", "count", default=200_000, show_default=True, help="Of all doors.")
@click.option("--only", type=click.Choice(DOORS), help="One door.")
@click.option("--seed", default=1, show_default=True)
@click.option("--show", type=int, help="Print this request of --only, and send nothing.")
@click.option("--write-docs", is_flag=True, help="Write the figures into docs/reliability.md.")
def main(*, count: int, only: str | None, seed: int, show: int | None, write_docs: bool) -> None:
    """Send requests by grammar and by bytes to the API, the control plane and the proxy."""
    if write_docs and only:
        raise click.UsageError("--write-docs is for all doors")
    if show is not None:
        known = PLANE if only == "plane" else API
        made = Maker(known, ["ID-OF-AN-ACTIVE-ONE", "ID-OF-A-FINAL-ONE"], f"{seed}/{only}")
        click.echo(made.make(show))
        return
    every = []
    doors = [only] if only else DOORS
    for door in doors:
        with tempfile.TemporaryDirectory() as folder:
            every.append(measure(door, count // len(doors), seed, Path(folder)))
        click.echo("\n".join([*table(every[-1:]), *every[-1].faults[:_TOLD]]))
    if write_docs:
        write(every, seed)
    sys.exit(any(figures.faults for figures in every))


if __name__ == "__main__":
    main()
