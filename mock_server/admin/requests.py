"""The journal of a sandbox, under WireMock's paths."""

import asyncio
from collections.abc import Iterable
from typing import Any

from ..domain.instants import parse_instant
from ..problems.kinds import Problem
from ..problems.violations import quote
from ..sandbox.journal import Entry
from .calls import AdminCall, Answer
from .patterns import matches


async def list_requests(call: AdminCall) -> Answer:
    since = parse_instant(call.query["since"]) if "since" in call.query else 0
    found = [entry for entry in call.sandbox.journal if entry.at >= since]
    return 200, {**_listed(found[-call.query["limit"] :]), "meta": {"total": len(found)}}


async def list_unmatched(call: AdminCall) -> Answer:
    return 200, _listed([entry for entry in call.sandbox.journal if entry.operation is None])


async def show_request(call: AdminCall) -> Answer:
    for entry in call.sandbox.journal:
        if str(entry.id) == call.path["id"]:
            return 200, entry.document()
    raise Problem("unknown-request", f"The journal has no entry {quote(call.path['id'])}.")


async def forget_requests(call: AdminCall) -> Answer:
    call.sandbox.journal.clear()
    return 204, None


async def find_requests(call: AdminCall) -> Answer:
    return 200, _listed(await _find(call))


async def count_requests(call: AdminCall) -> Answer:
    return 200, {"count": len(await _find(call))}


async def _find(call: AdminCall) -> list[Entry]:
    pattern, entries = call.body, [*call.sandbox.journal]

    def find() -> list[Entry]:
        return [entry for entry in entries if matches(pattern, entry)]

    # In a thread, where an expression that takes long holds nobody up.
    return await asyncio.to_thread(find)


def _listed(entries: Iterable[Entry]) -> dict[str, Any]:
    """The latest first, as WireMock has it."""
    return {"requests": [entry.document() for entry in entries][::-1]}
