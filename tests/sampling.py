"""A part of many cases of one kind; the rest of them is slow, and runs with `-- --all`, or is for
the nox session that judges such cases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def every(nth: int, cases: Iterable[Any], *, slow: int = 1) -> list[Any]:
    """The cases of a parametrized test: each nth is for every run, of the others each one in
    `slow` for `--all`, and the rest for a session of its own."""
    return [
        case if number % nth == 0 else pytest.param(case, marks=_mark(number % slow == 0))
        for number, case in enumerate(cases)
    ]


def _mark(is_slow: bool) -> pytest.MarkDecorator:
    return pytest.mark.slow if is_slow else pytest.mark.session
