"""Judges every exchange by the rules that are bound to all of them."""

import inspect
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from ..contract.document import Contract
from ..contract.rules import Rule
from .answer import Answer, Schemas
from .evidence import Observation
from .exchange import Exchange
from .memory import Memory
from .outcomes import NotApplicable, Violation

MOST_VIOLATIONS = 3  # of one rule in one exchange


@dataclass(frozen=True)
class ExchangeCheck:
    """A function that judges one rule on all `subjects` of an exchange, each by itself."""

    rule: str
    function: Callable[..., None]
    subjects: Callable[[Answer], Iterable[Any]]
    given: Mapping[str, Any] = field(default_factory=dict)

    def of(self, rule: Rule, contract: Contract) -> Self:
        """The check of a kind, bound to a rule of it."""
        known = {"rule": rule, "contract": contract}
        named = known.keys() & inspect.signature(self.function).parameters.keys()
        return replace(self, rule=rule.id, given={name: known[name] for name in named})

    def judge(self, subject: Any) -> None:
        self.function(subject, **self.given)

    @property
    def name(self) -> str:
        return self.function.__name__


class Watch:
    """Judges each exchange in turn. Safe to share between threads."""

    def __init__(self, contract: Contract, checks: Sequence[ExchangeCheck]) -> None:
        self.contract = contract
        self.checks = checks
        self.schemas = Schemas(contract)
        self.memory = Memory()
        self.lock = threading.Lock()

    def judge(self, exchange: Exchange) -> list[Observation]:
        """Every rule that the exchange gave evidence on, with the violation or None."""
        with self.lock:
            answer = Answer(exchange, self.schemas, self.memory)
            return [seen for check in self.checks for seen in _observations(check, answer)]

    def forget(self, id: str) -> None:
        """Compare nothing with what was told of a session so far."""
        with self.lock:
            self.memory.snapshots.pop(id, None)


def _observations(check: ExchangeCheck, answer: Answer) -> Iterator[Observation]:
    violations = 0
    for subject in check.subjects(answer):
        try:
            check.judge(subject)
        except NotApplicable:
            continue
        except Violation as violation:
            yield check.rule, violation
            violations += 1
            if violations == MOST_VIOLATIONS:
                return
        else:
            yield check.rule, None
