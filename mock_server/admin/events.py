"""Domain events of a sandbox: as a stream, or awaited."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson

from ..domain.events import Event, Events
from ..domain.instants import format_instant
from ..http.streams import unless
from ..problems.kinds import Problem
from ..problems.violations import quote
from .calls import AdminCall, Answer, Stream, Waiting, invalid

_SILENCE_SECONDS = 15
_MOST_SEEN = 50


async def stream_events(call: AdminCall) -> Answer:
    last = dict(call.headers).get(b"last-event-id", b"").decode("latin-1")
    if last and not (last.isascii() and last.isdigit() and len(last) < 19):
        detail = f"wanted the id of an event, a number, got {quote(last)}"
        raise invalid("/Last-Event-ID", detail, "header")
    after = int(last) if last else call.query.get("after", call.sandbox.events.last_id)
    if last and after > call.sandbox.events.last_id:
        after = 0  # an id that an earlier start of the mock has given
    return Stream(_parts(call.sandbox.events, after))


async def wait_for_events(call: AdminCall) -> Answer:
    wanted, count = call.body["match"], call.body.get("count", 1)
    if "session_id" in wanted:
        wanted = {**wanted, "session_id": wanted["session_id"].lower()}
    seconds = call.body.get("timeout_ms", 5000) / 1000
    return Waiting(_wait(call, wanted, count, seconds))


async def _wait(
    call: AdminCall, wanted: Mapping[str, Any], count: int, seconds: float
) -> tuple[int, Any]:
    mock, events, after = call.mock, call.sandbox.events, call.body.get("after", 0)
    waiting = events.wait_for(wanted, count, after, seconds)
    found = await unless(mock.stopping.wait(), waiting)
    if found is not None:
        return 200, {"events": [_document(event) for event in found]}
    seen = [_document(event) for event in events.after(after)][-_MOST_SEEN:]
    when = "before the mock was stopped" if mock.stopping.is_set() else f"within {seconds:g} s"
    raise Problem(
        "wait-timeout",
        f"Fewer than {count} such events came {when}; seen has those that did, "
        f"whatever they are: {len(seen)}.",
        members={"seen": seen},
    )


async def _parts(events: Events, after: int) -> AsyncIterator[bytes]:
    yield b": events of this sandbox\n\n"
    while True:
        for event in events.after(after):
            after = event.id
            data = orjson.dumps(_document(event))
            yield b"id: %d\nevent: %s\ndata: %s\n\n" % (event.id, event.type.encode(), data)
        try:
            async with asyncio.timeout(_SILENCE_SECONDS):
                await events.next()
        except TimeoutError:
            yield b":\n\n"  # so that whatever stands between does not take it for dead


def _document(event: Event) -> dict[str, Any]:
    at = format_instant(event.at, "micro")
    return {
        "id": event.id,
        "type": event.type,
        "at": at,
        "session_id": event.session_id,
        **event.facts,
    }
