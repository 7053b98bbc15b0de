"""A faulty mock as a process: `python -m tests.kill_matrix.serve MUTANT [options of the mock]`.

The first line on stdout is one JSON object with `url`. `faithful` names the mock without a fault.
"""

from __future__ import annotations

import sys

from mock_server.cli.main import main as mock

from .catalogue import MUTANTS
from .patch import Patch

FAITHFUL = "faithful"


def serve(mutant: str, *options: str) -> None:
    """Plant the fault in this process, and let the mock's own command line serve."""
    if mutant != FAITHFUL:
        MUTANTS[mutant].plant(Patch())
    mock([*options, "--json"])


def main() -> None:
    """Serve what the command line names."""
    if len(sys.argv) < 2 or sys.argv[1] not in {FAITHFUL, *MUTANTS}:
        sys.exit(f"usage: serve MUTANT [options of the mock]; mutants: {', '.join(MUTANTS)}")
    serve(*sys.argv[1:])


if __name__ == "__main__":
    main()
