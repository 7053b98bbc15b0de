"""`python -m bench`."""

from __future__ import annotations

import sys

import click

from bench.client import CONNECTIONS
from bench.rounds import Figures, measure
from bench.servers import PRISM_VERSION, ServerError, both
from bench.suite import timings
from bench.table import compare, lines

EPILOG = """\b
Exit codes:
  0  every bar is kept
  1  a bar is missed
  2  a server cannot be had: npm is missing, or a server does not answer"""


@click.command(epilog=EPILOG)
@click.option("--starts", default=5, show_default=True, help="Starts of each server.")
@click.option("--rounds", default=3, show_default=True, help="Rounds of each server.")
@click.option("--seconds", default=2.0, show_default=True, help="Length of one load.")
@click.option("--suite", is_flag=True, help="Time the suite's profiles on the mock instead.")
def main(starts: int, rounds: int, seconds: float, suite: bool) -> None:
    """Measure the mock beside Prism on openapi.yaml, both on this machine, in turns."""
    if suite:
        taken = timings()
        click.echo("\n".join(timing.line() for timing in taken))
        sys.exit(0 if all(timing.passed for timing in taken) else 1)
    try:
        figures = measure(both(), starts, rounds, seconds)
    except ServerError as error:
        click.echo(f"bench: {error}", err=True)
        sys.exit(2)
    rows = compare(figures["mock"], figures["prism"])
    click.echo("\n".join(lines(rows)))
    click.echo(_method(figures, starts, rounds, seconds))
    sys.exit(0 if all(row.passed for row in rows) else 1)


def _method(figures: dict[str, Figures], starts: int, rounds: int, seconds: float) -> str:
    busy = ", ".join(f"{value.client_busy:.0%} {name}" for name, value in figures.items())
    return (
        f"Prism {PRISM_VERSION} as `prism mock openapi.yaml`; {starts} starts and {rounds} rounds"
        f" of {seconds:g} s a load,\nin turns; {CONNECTIONS} connections; the client's busiest"
        f" load took this much of a core: {busy}"
    )


main()
