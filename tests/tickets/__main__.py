"""`python -m tests.tickets`: the suite against the tickets' server with each of its faults.

Exit 1 when the suite misses one of them.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor, as_completed

import click

from .judging import blamed
from .werkzeug_tickets.faults import FAULTS


@click.command()
@click.option("--only", help="Faults whose name starts so.", default="")
@click.option("--jobs", default=2, show_default=True)
def main(only: str, jobs: int) -> None:
    """Judge every fault; exit 1 when one is missed."""
    faults, caught = [name for name in FAULTS if name.startswith(only)], 0
    with ProcessPoolExecutor(jobs) as pool:
        for future in as_completed(asked := {pool.submit(blamed, name): name for name in faults}):
            name, fired = asked[future], future.result()
            caught += bool(fired)
            if not fired:
                click.echo(f"missed {name} ({', '.join(FAULTS[name].rules)})")
    click.echo(f"{caught} of {len(faults)} faults of the tickets' server caught by their rule")
    sys.exit(caught < len(faults))


if __name__ == "__main__":
    main()
