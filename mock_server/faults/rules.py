"""Faults as rules: to which calls they apply, counted, and the same again from the same seed."""

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..problems.kinds import Problem
from ..problems.violations import quote
from .kinds import Fault

RULE_LIMIT = 100


@dataclass(slots=True)
class FaultRule:
    """One rule; `operation` None means every one, `times` None without end.

    `matched` counts the calls of its operation, `injected` those that got the fault.
    """

    id: str
    operation: str | None = None
    fault: str | None = None
    delay_ms: int | None = None
    status: int | None = None
    retry_after: int | None = None
    every: int = 1
    probability: float = 1.0
    seed: int = 0
    times: int | None = None
    matched: int = 0
    injected: int = 0
    numbers: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Begin the rule's own sequence of random numbers."""
        self.numbers = random.Random(self.seed)

    def draw(self, operation: str) -> Fault | None:
        """The fault of this call of an operation, if any."""
        if self.operation not in (None, operation) or self.injected == self.times:
            return None
        self.matched += 1
        if self.matched % self.every or self.numbers.random() >= self.probability:
            return None
        self.injected += 1
        wait = 1 if self.retry_after is None else self.retry_after
        return Fault(self.fault, self.delay_ms, self.status or 500, wait)

    def document(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in self.__slots__ if key != "numbers"}


class FaultRules:
    """The rules of one sandbox, in the order in which they came; the first that applies counts."""

    def __init__(self) -> None:
        self.rules: list[FaultRule] = []
        self._serial = itertools.count(1)

    def add(self, members: Mapping[str, Any]) -> FaultRule:
        """A new rule. Raises Problem when there are too many."""
        if len(self.rules) >= RULE_LIMIT:
            detail = f"There are {RULE_LIMIT} fault rules already; delete one first."
            raise Problem("too-many-faults", detail)
        rule = FaultRule(id=f"fault-{next(self._serial)}", **members)
        self.rules.append(rule)
        return rule

    def draw(self, operation: str, *, named_only: bool = False) -> Fault | None:
        """The fault of a call, if any. Each rule is asked, so that its count is true.

        With `named_only` rules that name no operation are left out.
        """
        rules = [rule for rule in self.rules if rule.operation or not named_only]
        drawn = [fault for rule in rules if (fault := rule.draw(operation))]
        return drawn[0] if drawn else None

    def delete(self, rule_id: str) -> None:
        """Drop a rule. Raises Problem for an unknown one."""
        kept = [rule for rule in self.rules if rule.id != rule_id]
        if len(kept) == len(self.rules):
            raise Problem("unknown-fault", f"There is no fault rule {quote(rule_id)}.")
        self.rules = kept

    def clear(self) -> None:
        """Drop every rule; ids begin again."""
        self.rules.clear()
        self._serial = itertools.count(1)
