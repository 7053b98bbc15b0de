"""Faults of webhook deliveries: sent twice, late, out of order, or badly signed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..faults.kinds import Fault
from ..faults.rules import FaultRules

_HELD_MS = 60_000
_STALE_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Plan:
    """How to send one delivery; `age` is by how many seconds its timestamp lies."""

    hold_ms: int = 0
    until_next: bool = False
    copies: int = 1
    age: int = 0
    forged: bool = False


_PLAIN = Plan()


class DeliveryFaults:
    """Asks the fault rules about each delivery once, at its first attempt.

    `webhook` is the operationId that rules name it by.
    """

    def __init__(self, rules: FaultRules | None = None, webhook: str = "") -> None:
        self.rules = rules
        self.webhook = webhook
        self._plans: dict[int, Plan] = {}

    def plan(self, serial: int, attempts: int) -> Plan:
        if serial in self._plans:
            return self._plans.pop(serial)
        fault = None
        if attempts == 0 and self.rules is not None and self.rules.rules:
            fault = self.rules.draw(self.webhook, named_only=True)
        plan = plan_of(fault) if fault else _PLAIN
        if plan.hold_ms:
            self._plans[serial] = replace(plan, hold_ms=0)
        return plan

    def forget(self) -> None:
        """Plan anew: other deliveries may come under the serials of those that were."""
        self._plans.clear()

    def release(self) -> Iterable[int]:
        """The deliveries that were held until another was sent, which now has happened."""
        held = [serial for serial, plan in self._plans.items() if plan.until_next]
        for serial in held:
            self._plans[serial] = replace(self._plans[serial], until_next=False)
        return held


def plan_of(fault: Fault) -> Plan:
    """What a fault means for a delivery."""
    held = fault.name in (None, "LATE", "REORDER")
    default = _HELD_MS if held else 0
    return Plan(
        hold_ms=default if fault.delay_ms is None else fault.delay_ms,
        until_next=fault.name == "REORDER",
        copies=2 if fault.name == "DUPLICATE" else 1,
        age=_STALE_SECONDS if fault.name == "STALE_TIMESTAMP" else 0,
        forged=fault.name == "BAD_SIGNATURE",
    )
