"""`python -m tests.edits`: measure how each edit of openapi.yaml is taken."""

from __future__ import annotations

from .cli import main

main()
