"""The journal of a sandbox, under WireMock's paths."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from ..domain.instants import parse_instant
from ..http.validation import Call
from ..problems.kinds import Problem
from ..problems.violations import quote
from ..sandbox.journal import Entry, Journal
from .calls import Answer, invalid
from .patterns import find_bad_pattern, matches


class Journaled(Protocol):
    """Whatever has a journal: a sandbox, or a proxy."""

    journal: Journal


async def list_requests(mock: object, sandbox: Journaled, call: Call) -> Answer:
    """GET /requests."""
    since = parse_instant(call.query["since"]) if "since" in call.query else 0
    found = [entry for entry in sandbox.journal if entry.at >= since]
    return 200, {**_listed(found[-call.query["limit"] :]), "meta": {"total": len(found)}}


async def list_unmatched(mock: object, sandbox: Journaled, call: Call) -> Answer:
    """GET /requests/unmatched."""
    return 200, _listed([entry for entry in sandbox.journal if entry.operation is None])


async def show_request(mock: object, sandbox: Journaled, call: Call) -> Answer:
    """GET /requests/{id}."""
    for entry in sandbox.journal:
        if str(entry.id) == call.path["id"]:
            return 200, entry.document()
    raise Problem("unknown-request", f"The journal has no entry {quote(call.path['id'])}.")


async def forget_requests(mock: object, sandbox: Journaled, call: Call) -> Answer:
    """DELETE /requests."""
    sandbox.journal.clear()
    return 204, None


async def find_requests(mock: object, sandbox: Journaled, call: Call) -> Answer:
    """POST /requests/find."""
    return 200, _listed(await _find(sandbox, call.body))


async def count_requests(mock: object, sandbox: Journaled, call: Call) -> Answer:
    """POST /requests/count."""
    return 200, {"count": len(await _find(sandbox, call.body))}


async def _find(sandbox: Journaled, pattern: Mapping[str, Any]) -> list[Entry]:
    entries = [*sandbox.journal]

    def find() -> list[Entry]:
        if fault := find_bad_pattern(pattern):
            raise invalid(*fault)
        return [entry for entry in entries if matches(pattern, entry)]

    # In a thread, where an expression that takes long holds nobody up.
    return await asyncio.to_thread(find)


def _listed(entries: Iterable[Entry]) -> dict[str, Any]:
    """The latest first, as WireMock has it."""
    return {"requests": [entry.document() for entry in entries][::-1]}
