"""Binds each rule of a contract to what evaluates it, by its kind: a check that sends requests of
its own, or one that looks on at every exchange, whatever caused it."""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Concatenate, TypeVar

from .config.profiles import Pack
from .contract.document import Contract
from .contract.rules import Rule
from .judging.answer import Answer
from .judging.watch import ExchangeCheck, Watch

# The requests that a check may send unless its kind declares others: so many, and for each
# session and turn so many more, to arrange, to look, to look again.
LOOKS, EACH = 8, 3
LOOKING = ("list", "search")  # operations that can be tried on a target without a session


@dataclass(frozen=True)
class Cost:
    """The most that the target is asked for."""

    sessions: int = 0
    turns: int = 0
    requests: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.sessions + other.sessions,
            self.turns + other.turns,
            self.requests + other.requests,
        )

    def __mul__(self, times: int) -> Cost:
        return Cost(self.sessions * times, self.turns * times, self.requests * times)


@dataclass(frozen=True)
class Check:
    """A function that evaluates one rule.

    A `reads` check only reads: it may run against a deployment that must not be written to.
    """

    rule: str
    pack: Pack
    function: Callable[..., Any]
    cost: Cost
    reads: bool = False

    @property
    def name(self) -> str:
        return f"{self.function.__name__}_for_{self.rule.lower().replace('-', '_')}"


Subject = TypeVar("Subject")
Subjects = Callable[[Contract, Rule], int]
Asks = Callable[[Contract, str, Rule], int]  # how many requests of an operation
IsFirst = Callable[[Contract, Rule], bool]


@dataclass(frozen=True)
class Kind:
    """The function that evaluates the rules of a kind, and what `kind` was told of it."""

    function: Callable[..., Any]
    pack: Pack
    cost: Cost
    subjects: Subjects
    asks: Asks | None
    first: IsFirst

    def check(self, contract: Contract, rule: Rule) -> Check:
        """The check of one rule. What needs anything is not for a first look; what waits for a
        timeout shares its sessions with all that does."""
        pack, cost = self.pack, self.cost
        if pack == "smoke" and (rule.needs or not self.first(contract, rule)):
            pack = "core"
        if "webhook_listener" in rule.needs:
            pack = "webhooks"
        if self.asks:
            cost = _asked(contract, rule, self.asks)
            return Check(rule.id, pack, self.function, cost, not cost.sessions)
        if contract.lifecycle.is_timed(rule.by):
            submit = contract.resource.operations["submit"]
            turns = cost.turns if contract.lifecycle.causes.get(rule.when) == submit else 0
            return Check(rule.id, "ttl", self.function, Cost(0, turns, cost.requests))
        times = math.ceil(self.subjects(contract, rule) / max(1, cost.sessions))
        return Check(rule.id, pack, self.function, cost * max(1, times))


def _asked(contract: Contract, rule: Rule, asks: Asks) -> Cost:
    """What it costs to ask each operation so often: a turn a request where it is one, nothing but
    a look where it reads, and a session otherwise."""
    looks = turns = sessions = 0
    for id in rule.operations:
        role, count = contract.resource.role(id), asks(contract, id, rule)
        if role in LOOKING:
            looks += count
        elif role == "submit":
            turns += count
        else:
            sessions += count
    sessions += bool(turns)
    return Cost(sessions, turns, LOOKS + looks + EACH * (sessions + turns))


_kinds: dict[str, Kind] = {}
_exchange_kinds: dict[str, ExchangeCheck] = {}


def kind(
    name: str,
    pack: Pack = "core",
    *,
    sessions: int = 1,
    turns: int = 0,
    requests: int | None = None,
    subjects: Subjects = lambda *_: 1,
    asks: Asks | None = None,
    first: IsFirst = lambda *_: True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the function to be the check of every rule of this kind. What it costs is told for
    so many sessions, and grows with the `subjects` of a rule; or it comes of the requests that it
    `asks` of each of the rule's operations. Of a kind for a first look, `first` tells which rules
    are for one."""
    most = LOOKS + EACH * (sessions + turns) if requests is None else requests

    def bind(function: Callable[..., Any]) -> Callable[..., Any]:
        if name in _kinds:
            raise ValueError(f"the kind {name} has a check already")
        _kinds[name] = Kind(function, pack, Cost(sessions, turns, most), subjects, asks, first)
        return function

    return bind


def every_exchange(
    name: str, subjects: Callable[[Answer], Iterable[Subject]]
) -> Callable[
    [Callable[Concatenate[Subject, ...], None]], Callable[Concatenate[Subject, ...], None]
]:
    """Declare the function to judge the rules of this kind on every exchange of a run, on each of
    the `subjects` that an answer has. It is given the `rule` and its `contract` where it names
    them. A kind that has a check too gets more evidence by it."""

    def bind(
        function: Callable[Concatenate[Subject, ...], None],
    ) -> Callable[Concatenate[Subject, ...], None]:
        if name in _exchange_kinds:
            raise ValueError(f"the kind {name} is judged on every exchange already")
        _exchange_kinds[name] = ExchangeCheck("", function, subjects)
        return function

    return bind


@cache
def _load() -> None:
    """Import every module of checks, which binds what is in it."""
    package = importlib.import_module(f"{__package__}.checks")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


@lru_cache(maxsize=8)
def all_checks(contract: Contract) -> dict[str, Check]:
    """Every check that sends requests, by its rule's id."""
    _load()
    ruled = (rule for rule in contract.rules.values() if rule.kind in _kinds)
    return {rule.id: _kinds[rule.kind].check(contract, rule) for rule in ruled}


@lru_cache(maxsize=8)
def exchange_checks(contract: Contract) -> dict[str, ExchangeCheck]:
    """Every check that looks on, by its rule's id."""
    _load()
    ruled = (rule for rule in contract.rules.values() if rule.kind in _exchange_kinds)
    return {rule.id: _exchange_kinds[rule.kind].of(rule, contract) for rule in ruled}


def is_watched(contract: Contract, id: str) -> bool:
    """Whether the rule is judged on exchanges alone, without a check that sends requests."""
    return id in exchange_checks(contract) and id not in all_checks(contract)


def watch_of(contract: Contract) -> Watch:
    """What judges every exchange, by all rules that are bound so, in the contract's order."""
    checks = exchange_checks(contract)
    return Watch(contract, [checks[id] for id in contract.judged if id in checks])


def pack_of(contract: Contract, id: str) -> Pack | None:
    """The pack that evaluates a rule; None where nothing does."""
    if is_watched(contract, id):
        return "smoke"
    check = all_checks(contract).get(id)
    return check.pack if check else None
