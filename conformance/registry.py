"""Binds each rule of the contract to the one check that evaluates it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from .config.profiles import Pack
from .judging.watch import WATCHED

# The requests that a check may send unless it declares others: so many, and for each session
# and turn so many more.
LOOKS, EACH = 8, 3


@dataclass(frozen=True)
class Check:
    """A function that evaluates one rule, and the most that it may cost the target.

    A `reads` check only reads: it may run against a deployment that must not be written to.
    """

    rule: str
    pack: Pack
    function: Callable[..., Any]
    sessions: int
    turns: int
    reads: bool
    requests: int = LOOKS

    @property
    def name(self) -> str:
        return self.function.__name__


_checks: dict[str, Check] = {}


def rule(
    id: str,
    pack: Pack = "core",
    *,
    sessions: int = 1,
    turns: int = 0,
    requests: int | None = None,
    reads: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the function to be the check of this rule. Where it names no number of requests,
    they are some for each session and turn: to arrange, to look, to look again."""
    sessions = 0 if reads else sessions
    most = LOOKS + EACH * (sessions + turns) if requests is None else requests

    def bind(function: Callable[..., Any]) -> Callable[..., Any]:
        if id in _checks:
            raise ValueError(f"{id} has a check already: {_checks[id].name}")
        check = Check(id, pack, function, sessions, turns, reads, most)
        _checks[id] = check
        function.__dict__["check"] = check
        return function

    return bind


@cache
def all_checks() -> dict[str, Check]:
    """Every check by its rule's id."""
    package = importlib.import_module(f"{__package__}.checks")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return _checks


def pack_of(id: str) -> Pack | None:
    """The pack that evaluates a rule; None where nothing does."""
    if id in WATCHED:
        return "smoke"
    check = all_checks().get(id)
    return check.pack if check else None
