"""A part of many cases of one kind; the rest of them is slow, and runs with `-- --all`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def every(nth: int, cases: Iterable[Any]) -> list[Any]:
    """The cases of a parametrized test, all but each nth marked as slow."""
    return [
        pytest.param(case, marks=pytest.mark.slow) if number % nth else case
        for number, case in enumerate(cases)
    ]
