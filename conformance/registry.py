"""Binds each rule of a contract to what evaluates it: a check that sends requests of its own, or
one that looks on at every exchange, whatever caused it.

A rule with a `kind` is evaluated by the one function of that kind, any other by a function that is
bound to its id.
"""

import importlib
import math
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, TypeVar

from .config.profiles import Pack
from .contract.document import Contract
from .contract.rules import Rule
from .judging.answer import Answer
from .judging.watch import ExchangeCheck, Watch

# The requests that a check may send unless it declares others: so many, and for each session
# and turn so many more.
LOOKS, EACH = 8, 3
LOOKING = ("list", "search")  # operations that can be tried on a target without a session


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
    label: str = ""  # where the function's name tells too little

    @property
    def name(self) -> str:
        return self.label or self.function.__name__


Subject = TypeVar("Subject")
KindCheck = Callable[[Subject, Rule, Contract], None]
Asks = Callable[[Contract, str, Rule], int]  # how many requests of an operation
IsFirst = Callable[[Contract, Rule], bool]

_checks: dict[str, Check] = {}
_exchange_checks: dict[str, ExchangeCheck] = {}
_kinds: dict[str, tuple[Check, Callable[[Contract, Rule], int], Asks | None, IsFirst]] = {}
_exchange_kinds: dict[str, ExchangeCheck] = {}


def rule(
    id: str,
    pack: Pack = "core",
    *,
    sessions: int = 1,
    turns: int = 0,
    requests: int | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the function to be the check of this rule. Where it names no number of requests,
    they are some for each session and turn: to arrange, to look, to look again."""
    most = LOOKS + EACH * (sessions + turns) if requests is None else requests

    def bind(function: Callable[..., Any]) -> Callable[..., Any]:
        if id in _checks:
            raise ValueError(f"{id} has a check already: {_checks[id].name}")
        check = Check(id, pack, function, sessions, turns, False, most)
        _checks[id] = check
        function.__dict__["check"] = check
        return function

    return bind


def kind(
    name: str,
    pack: Pack = "core",
    *,
    sessions: int = 1,
    turns: int = 0,
    requests: int | None = None,
    subjects: Callable[[Contract, Rule], int] = lambda *_: 1,
    asks: Asks | None = None,
    first: IsFirst = lambda *_: True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the function to be the check of every rule of this kind; it is given the rule.
    What it costs is told for so many sessions, and grows with the `subjects` of a rule; or it
    comes of the requests that it `asks` of each of the rule's operations. Of a kind for a first
    look, `first` tells which rules are for one."""
    most = LOOKS + EACH * (sessions + turns) if requests is None else requests

    def bind(function: Callable[..., Any]) -> Callable[..., Any]:
        check = Check("", pack, function, sessions, turns, False, most)
        _kinds[name] = check, subjects, asks, first
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


def every_exchange_kind(
    name: str, subjects: Callable[[Answer], Iterable[Subject]]
) -> Callable[[KindCheck[Subject]], KindCheck[Subject]]:
    """Declare the function to judge every rule of this kind so; it is given the rule, and the
    contract that it is of."""

    def bind(function: KindCheck[Subject]) -> KindCheck[Subject]:
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
    plain = {id: check for id, check in _checks.items() if _is_plain(contract, id)}
    return plain | {one.id: _of_kind(contract, one) for one in _ruled(contract, _kinds)}


@lru_cache(maxsize=8)
def exchange_checks(contract: Contract) -> dict[str, ExchangeCheck]:
    """Every check that looks on, by its rule's id."""
    _load()
    plain = {id: check for id, check in _exchange_checks.items() if _is_plain(contract, id)}
    ruled = _ruled(contract, _exchange_kinds)
    return plain | {one.id: _exchange_kinds[one.kind].of(one, contract) for one in ruled}


def bound() -> list[str]:
    """Every id that a function is bound to, whichever of them a contract has."""
    _load()
    return [*dict.fromkeys((*_exchange_checks, *_checks))]


def _is_plain(contract: Contract, id: str) -> bool:
    return id in contract.rules and not contract.rules[id].kind


def _ruled(contract: Contract, kinds: Iterable[str]) -> Iterator[Rule]:
    return (one for one in contract.rules.values() if one.kind in kinds)


def _of_kind(contract: Contract, rule: Rule) -> Check:
    """The check of a kind, bound to a rule. What waits for a timeout shares its sessions with
    all that does; what needs anything is not for a first look."""
    check, subjects, asks, is_first = _kinds[rule.kind]
    if check.pack == "smoke" and (rule.needs or not is_first(contract, rule)):
        check = replace(check, pack="core")
    if "webhook_listener" in rule.needs:
        check = replace(check, pack="webhooks")
    if asks:
        return _asked(contract, rule, check, asks)
    waits, submit = contract.lifecycle.is_timed(rule.by), contract.resource.operations["submit"]
    if waits:
        turns = check.turns if contract.lifecycle.causes.get(rule.when) == submit else 0
        most: dict[str, Any] = {"pack": "ttl", "sessions": 0, "turns": turns}
    else:
        times = max(1, math.ceil(subjects(contract, rule) / max(1, check.sessions)))
        most = {name: times * getattr(check, name) for name in ("sessions", "turns", "requests")}
    return replace(check, rule=rule.id, label=_label(check, rule), **most)


def _asked(contract: Contract, rule: Rule, check: Check, asks: Asks) -> Check:
    """The check of a kind that asks each operation so often: a turn a request where it is one,
    nothing but a look where it reads, and a session otherwise."""
    roles = {id: contract.resource.role(id) for id in rule.operations}
    looks = sum(asks(contract, id, rule) for id in roles if roles[id] in LOOKING)
    turns = sum(asks(contract, id, rule) for id in roles if roles[id] == "submit")
    others = sum(asks(contract, id, rule) for id in roles if roles[id] not in (*LOOKING, "submit"))
    sessions = others + bool(turns)
    return replace(
        check,
        rule=rule.id,
        sessions=sessions,
        turns=turns,
        reads=not sessions,
        requests=LOOKS + looks + EACH * (sessions + turns),
        label=_label(check, rule),
    )


def _label(check: Check, rule: Rule) -> str:
    return f"{check.name}_for_{rule.id.lower().replace('-', '_')}"


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
