"""`python -m tests.kill_matrix`: measure the suite against mutants and legal choices."""

from __future__ import annotations

from .cli import main

main()
