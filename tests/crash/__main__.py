"""`python -m tests.crash`: kill mocks and databases under load; exit 1 when something is lost."""

from __future__ import annotations

import sys

import click

from .page import table, write
from .run import measure
from .victims import VICTIMS

_TOLD = 20


@click.command()
@click.option("--kills", default=100, show_default=True, help="In all, shared by the victims.")
@click.option("--only", default="", help="Victims whose name holds this.")
@click.option("--seed", default=1, show_default=True, help="Of what the clients do.")
@click.option("--write-docs", is_flag=True, help="Write the figures into docs/reliability.md.")
def main(*, kills: int, only: str, seed: int, write_docs: bool) -> None:
    """Kill mocks and databases under load, and look for what was acknowledged."""
    names = [name for name in VICTIMS if only in name]
    if not names:
        raise click.UsageError(f"no victim holds {only!r}: {', '.join(VICTIMS)}")
    if write_docs and only:
        raise click.UsageError("--write-docs is for all victims")
    every = []
    for place, name in enumerate(names):
        share = kills // len(names) + (place < kills % len(names))
        every.append(measure(name, share, seed, lambda line: click.echo(line, err=True)))
    click.echo("\n".join(table(every)))
    faults = [fault for one in every for fault in one.faults]
    for fault in faults[:_TOLD]:
        click.echo(fault)
    if write_docs:
        write(every)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
