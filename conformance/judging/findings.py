"""A finding: one violation, with the exchanges that show it."""

from __future__ import annotations

from dataclasses import dataclass

from .exchange import Exchange

__all__ = ["Finding"]


@dataclass
class Finding:
    """One violation, with the exchanges that show it, oldest first. Its check was run `runs`
    times and failed in `failed` of them."""

    rule: str
    expected: str
    actual: str
    story: tuple[Exchange, ...] = ()
    check: str = ""
    count: int = 1
    runs: int = 1
    failed: int = 1
