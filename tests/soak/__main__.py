"""`python -m tests.soak`: a mock under load for a long time; exit 1 when it wears out."""

from __future__ import annotations

import sys

import click

from .page import table, write
from .run import measure


@click.command()
@click.option("--minutes", default=30.0, show_default=True, help="Faults off and on together.")
@click.option("--write-docs", is_flag=True, help="Write the figures into docs/reliability.md.")
def main(*, minutes: float, write_docs: bool) -> None:
    """Keep a mock at 80 % of its capacity, first with faults off and then with faults on."""
    every = list(measure(minutes * 60))
    click.echo("\n".join(table(every)))
    for figures in every:
        for fault in figures.faults:
            click.echo(f"faults {'on' if figures.faulty else 'off'}: {fault}")
    if write_docs:
        write(every, minutes)
    sys.exit(any(figures.faults for figures in every))


if __name__ == "__main__":
    main()
