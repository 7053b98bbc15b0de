"""The clock of a sandbox, read and set."""

from collections.abc import Mapping
from typing import Any

from ..codec import encode
from ..domain.clock import Clock
from ..domain.events import Event
from ..domain.instants import (
    EARLIEST,
    LATEST,
    format_duration,
    format_instant,
    parse_duration,
    parse_instant,
)
from ..large import beside
from ..problems.kinds import Problem, Reply
from ..sandbox.sandbox import Sandbox
from ..sandbox.travel import travel
from .calls import AdminCall, Answer, invalid

_EVENT_BYTES = 150


async def show_clock(call: AdminCall) -> Answer:
    return 200, clock_document(call.sandbox.clock)


async def set_clock(call: AdminCall) -> Answer:
    body = call.body
    for member, mode in (("frozen_time", "frozen"), ("offset", "offset")):
        if member in body and body["mode"] != mode:
            raise invalid(
                f"/{member}", f"goes with the mode {mode}, not {body['mode']}; leave it out"
            )
    async with call.sandbox.moving:
        return await _answer(call.sandbox, await _set(call.sandbox, body))


async def release_clock(call: AdminCall) -> Answer:
    async with call.sandbox.moving:
        return await _answer(call.sandbox, await _run(call.sandbox, 0))


async def advance_clock(call: AdminCall) -> Answer:
    if len(call.body) != 1:
        raise invalid("", f"wanted either by or frozen_time, got {len(call.body)} of them")
    async with call.sandbox.moving:
        if "by" in call.body:
            happened = await _advance(call.sandbox, parse_duration(call.body["by"]))
        else:
            happened = await _travel(call.sandbox, _instant(call.body, "/frozen_time"))
        return await _answer(call.sandbox, happened)


def clock_document(clock: Clock) -> dict[str, Any]:
    """The clock as `admin.yaml` has it."""
    now = format_instant(clock.now(), "micro")
    return {
        "mode": clock.mode,
        "now": now,
        "frozen_time": now if clock.frozen else None,
        "offset": None if clock.frozen else format_duration(clock.offset),
    }


async def _answer(sandbox: Sandbox, happened: list[Event]) -> Answer:
    """The clock after a move, with what happened on the way, which may be much."""
    document = clock_document(sandbox.clock)

    def written() -> bytes:
        fired = [
            {
                "at": format_instant(event.at, "micro"),
                "kind": event.type,
                "session_id": event.session_id,
                **event.facts,
            }
            for event in happened
        ]
        return encode({**document, "fired": fired})

    return Reply(200, await beside(len(happened) * _EVENT_BYTES, written))


async def _set(sandbox: Sandbox, body: Mapping[str, Any]) -> list[Event]:
    if body["mode"] == "frozen" and "frozen_time" in body:
        return await _travel(sandbox, _instant(body, "/frozen_time"), stay=True)
    if body["mode"] == "frozen":
        sandbox.clock.freeze()
        return []
    if body["mode"] == "offset" and "offset" not in body:
        sandbox.clock.resume()
        return []
    return await _run(sandbox, parse_duration(body["offset"]) if "offset" in body else 0)


async def _advance(sandbox: Sandbox, span: int) -> list[Event]:
    clock = sandbox.clock
    if clock.frozen or span < 0:
        return await _travel(sandbox, _in_range(clock.now() + span, "/by"))
    return await _run(sandbox, clock.offset + span, "/by")


async def _run(sandbox: Sandbox, offset: int, pointer: str = "/offset") -> list[Event]:
    clock = sandbox.clock
    if not clock.frozen and clock.offset == offset:
        return []
    happened = await _travel(sandbox, _in_range(clock.wall() + offset, pointer))
    clock.run(offset)
    return happened


async def _travel(sandbox: Sandbox, target: int, stay: bool = False) -> list[Event]:
    now = sandbox.clock.now()
    if target < now:
        raise Problem(
            "clock-backwards",
            f"The clock is at {format_instant(now, 'micro')} and cannot go back to "
            f"{format_instant(target, 'micro')}; POST /__admin/reset starts again.",
        )
    return await travel(sandbox, target, stay)


def _instant(body: Mapping[str, Any], pointer: str) -> int:
    return _in_range(parse_instant(body[pointer[1:]]), pointer)


def _in_range(instant: int, pointer: str) -> int:
    if instant > LATEST:
        raise invalid(pointer, "wanted a time before the year 9999; take a shorter span")
    return max(instant, EARLIEST)
