"""The webhooks of a sandbox: what was delivered, again, and on demand."""

import asyncio
from collections.abc import Mapping
from typing import Any

from ..contract.document import Contract
from ..contract.schemas import compile_schema
from ..domain.instants import format_instant
from ..domain.records import LoggedDelivery
from ..http.parameters import canonical_id
from ..outgoing.faults import OutgoingFault
from ..problems.kinds import Problem
from ..problems.violations import describe_error, pointer_of, quote, violation
from ..sandbox.sandbox import Sandbox
from ..webhooks.dispatcher import message_id
from .calls import AdminCall, Answer


async def list_deliveries(call: AdminCall) -> Answer:
    session_id, limit = call.query.get("session_id"), call.query["limit"]
    log = await call.sandbox.store.outbox.log(session_id and session_id.lower(), limit)
    return 200, {"deliveries": [_document(delivery) for delivery in log]}


async def redeliver(call: AdminCall) -> Answer:
    wanted = call.path["id"]
    serial = wanted.rpartition("_")[2]
    known = serial.isascii() and serial.isdigit() and len(serial) < 19
    delivery = await call.sandbox.store.outbox.delivery(int(serial)) if known else None
    if delivery is None or message_id(delivery) != wanted:
        raise Problem("unknown-delivery", f"There is no delivery {quote(wanted)}.")
    await call.sandbox.dispatcher.over(delivery.serial)  # its end would be taken for the new one's
    await call.sandbox.store.outbox.redeliver(delivery.serial, call.sandbox.clock.now())
    return await _started(call.sandbox, delivery.serial)


async def trigger_webhook(call: AdminCall) -> Answer:
    given = call.body or {}
    _expect_webhook(call.mock.contract)
    url = given.get("url") or call.sandbox.pipeline.webhook_url
    if url is None:
        raise Problem("no-webhook-target", "There is no target: neither a url nor --webhook-url.")
    await _check_target(call.sandbox, url)
    # In a thread, as it may be large.
    payload = await asyncio.to_thread(example_with, given.get("payload", {}), call.mock.contract)
    session_id = payload[call.mock.contract.resource.result.names["identity"]].lower()
    serial = await call.sandbox.store.outbox.enqueue(
        session_id, url, {}, payload, call.sandbox.clock.now()
    )
    return await _started(call.sandbox, serial)


async def set_webhook_target(call: AdminCall) -> Answer:
    url = call.body["url"]
    if url is not None:
        _expect_webhook(call.mock.contract)
        await _check_target(call.sandbox, url)
    call.sandbox.pipeline.webhook_url = url
    return 200, {"url": url}


def _expect_webhook(contract: Contract) -> dict[str, Any]:
    """The contract's webhook. Raises Problem where it has none."""
    if contract.webhook is None:
        raise Problem("no-webhook-target", "The contract has no webhook to send.")
    return contract.webhook


def example_with(members: Mapping[str, Any], contract: Contract) -> dict[str, Any]:
    """The contract's example of the webhook with other members. Raises Problem if it is none."""
    media = _expect_webhook(contract)["requestBody"]["content"]["application/json"]
    payload = {**media["example"], **members}
    errors = [
        violation("body", f"/payload{pointer_of(error)}", describe_error(error), error.kind.name)
        for error in compile_schema(media["schema"]).iter_errors(payload)
    ]
    identity = contract.resource.result.names["identity"]
    if not errors and canonical_id(payload[identity]) is None:
        wanted = f"wanted a UUID, as sessions have, got {quote(payload[identity])}"
        errors.append(violation("body", f"/payload/{identity}", wanted))
    if errors:
        raise _refused(errors)
    return payload


async def _check_target(sandbox: Sandbox, url: str) -> None:
    """Raise Problem for a URL that webhooks may not go to, or that nothing leads to."""
    if not sandbox.sender.allows(url):
        detail = f"wanted a loopback host, or one of --webhook-allow, got {quote(url)}"
        raise _refused([violation("body", "/url", detail)])
    try:
        # In a thread: certificates take long to load.
        await asyncio.to_thread(sandbox.sender.outgoing.check, url)
    except OutgoingFault as fault:
        raise _refused([violation("body", "/url", str(fault))]) from None


async def _started(sandbox: Sandbox, serial: int) -> Answer:
    sandbox.dispatcher.notify()
    delivery = await sandbox.store.outbox.delivery(serial)
    return 202, None if delivery is None else _document(delivery)


def _document(delivery: LoggedDelivery) -> dict[str, Any]:
    return {
        "id": message_id(delivery),
        "session_id": delivery.session_id,
        "url": delivery.url,
        "outcome": delivery.outcome,
        "next_attempt": None if delivery.due is None else format_instant(delivery.due, "micro"),
        "attempts": delivery.log,
        "payload": delivery.payload,
    }


def _refused(errors: list[dict[str, str]]) -> Problem:
    return Problem("invalid-request", "The webhook cannot be sent.", errors=errors)
