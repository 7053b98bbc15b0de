"""The fault rules of a sandbox."""

from collections.abc import Mapping
from typing import Any

from ..faults.kinds import CALL_FAULTS, DELAY_LIMIT, WEBHOOK_FAULTS
from ..mock import Mock
from ..problems.violations import quote
from .calls import AdminCall, Answer, invalid


async def list_faults(call: AdminCall) -> Answer:
    return 200, {"faults": [rule.document() for rule in call.sandbox.faults.rules]}


async def add_fault(call: AdminCall) -> Answer:
    check_rule(call.body, call.mock)
    return 201, call.sandbox.faults.add(call.body).document()


async def delete_faults(call: AdminCall) -> Answer:
    call.sandbox.faults.clear()
    return 204, None


async def delete_fault(call: AdminCall) -> Answer:
    call.sandbox.faults.delete(call.path["id"])
    return 204, None


def check_rule(rule: Mapping[str, Any], mock: Mock) -> None:
    """Raise Problem for a rule whose members do not go together."""
    operation, fault = rule.get("operation"), rule.get("fault")
    webhooks = [mock.contract.webhook_id] if mock.contract.webhook else []
    known = [*(operation_id for _, _, operation_id, _ in mock.contract.operations()), *webhooks]
    if operation is not None and operation not in known:
        raise invalid("/operation", f"wanted one of {', '.join(known)}, got {quote(operation)}")
    legal = WEBHOOK_FAULTS if operation in webhooks else CALL_FAULTS
    if fault is not None and fault not in legal:
        where = operation or "calls"
        wanted = f"wanted, for {where}, one of {', '.join(legal)}, got {quote(fault)}"
        raise invalid("/fault", wanted)
    if fault is None and rule.get("delay_ms") is None:
        raise invalid("/fault", "wanted a fault or a delay_ms, got neither")
    if operation not in webhooks and (rule.get("delay_ms") or 0) > DELAY_LIMIT:
        wanted = f"wanted, for calls, at most {DELAY_LIMIT}, got {rule['delay_ms']}"
        raise invalid("/delay_ms", wanted)
    for member, name in (("status", "SERVER_ERROR"), ("retry_after", "RATE_LIMIT")):
        if rule.get(member) is not None and fault != name:
            raise invalid(f"/{member}", f"wanted it with the fault {name} alone")
