"""Binds each rule of the contract to what evaluates it: a check that sends requests of its own,
or one that looks on at every exchange, whatever caused it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from .config.profiles import Pack
from .contract.document import Contract
from .judging.answer import Answer
from .judging.watch import ExchangeCheck, Watch

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


Subject = TypeVar("Subject")

_checks: dict[str, Check] = {}
_exchange_checks: dict[str, ExchangeCheck] = {}


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


def every_exchange(
    id: str, subjects: Callable[[Answer], Iterable[Subject]]
) -> Callable[[Callable[[Subject], None]], Callable[[Subject], None]]:
    """Declare the function to judge this rule on every exchange of a run, on each of the
    `subjects` that an answer has. A rule that has a check too gets more evidence by it."""

    def bind(function: Callable[[Subject], None]) -> Callable[[Subject], None]:
        if id in _exchange_checks:
            raise ValueError(f"{id} is judged on every exchange already")
        _exchange_checks[id] = ExchangeCheck(id, function, subjects)
        return function

    return bind


@cache
def _load() -> None:
    """Import every module of checks, which binds what is in it."""
    package = importlib.import_module(f"{__package__}.checks")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def all_checks() -> dict[str, Check]:
    """Every check that sends requests, by its rule's id."""
    _load()
    return _checks


def exchange_checks() -> dict[str, ExchangeCheck]:
    """Every check that looks on, by its rule's id."""
    _load()
    return _exchange_checks


def is_watched(id: str) -> bool:
    """Whether the rule is judged on exchanges alone, without a check that sends requests."""
    return id in exchange_checks() and id not in all_checks()


def watch_of(contract: Contract) -> Watch:
    """What judges every exchange, by all rules that are bound so, in the contract's order."""
    checks = exchange_checks()
    return Watch(contract, [checks[id] for id in contract.judged if id in checks])


def pack_of(id: str) -> Pack | None:
    """The pack that evaluates a rule; None where nothing does."""
    if is_watched(id):
        return "smoke"
    check = all_checks().get(id)
    return check.pack if check else None
