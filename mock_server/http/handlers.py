"""One thin function for each thing that can be asked for: take the call, ask the sandbox, render
the answer."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..domain.instants import parse_instant
from ..domain.records import CallResultQuery, SessionQuery
from ..domain.render import Renderer
from ..large import beside
from ..sandbox.sandbox import Sandbox
from .parameters import canonical_id
from .validation import Bounds, Call

_MESSAGE_BYTES = 100  # about what the shortest takes
Answer = tuple[int, dict[str, Any]]
Handler = Callable[[Sandbox, Renderer, Call], Awaitable[Answer]]


async def open_chat(sandbox: Sandbox, renderer: Renderer, call: Call) -> Answer:
    """Open a session, or give the one at its endpoint."""
    names = renderer.resource
    body = names.body({**call.defaults, **call.body})
    if timeout := names.timer.get("after"):
        body["ttl_seconds"] = clamp(body.get("ttl_seconds"), call.bounds[timeout])
    body["channel"] = body.get("channel") or call.defaults.get(names.members.get("channel", ""))
    session, created = await sandbox.chats.open(body)
    status = int(renderer.choices["open_status"]) if created else 200
    return status, renderer.session(session)


async def list_chats(sandbox: Sandbox, renderer: Renderer, call: Call) -> Answer:
    """One page of the sessions that match."""
    sizes = call.bounds[renderer.resource.list["page"]["limit"]]
    query = session_query(renderer.resource.query(call.query), sizes)
    sessions, total = await sandbox.chats.list_sessions(query)
    size = _MESSAGE_BYTES * sum(len(session.messages) for session in sessions)

    def page() -> dict[str, Any]:
        rendered = renderer.page(sessions, total, query.skip, query.take)
        while sessions:
            sessions.pop()  # many messages are freed here, and not by the event loop
        return rendered

    return 200, await beside(size, page)


async def get_chat(sandbox: Sandbox, renderer: Renderer, call: Call) -> Answer:
    """The session as it stands."""
    return 200, renderer.session(await sandbox.chats.get(call.id))


async def submit_message(sandbox: Sandbox, renderer: Renderer, call: Call) -> Answer:
    """Run a turn."""
    turn = await sandbox.chats.submit(call.id, renderer.resource.body(call.body))
    if renderer.resource.replies:
        return 200, renderer.turn(turn)
    return 200, renderer.session(turn.session or await sandbox.chats.get(call.id))


async def end_chat(sandbox: Sandbox, renderer: Renderer, call: Call) -> Answer:
    """End the session."""
    note = renderer.resource.body(call.body or {}).get("note")
    return 200, renderer.session(await sandbox.chats.end(call.id, note))


async def act_on_chat(sandbox: Sandbox, renderer: Renderer, call: Call) -> Answer:
    """Have an event of the lifecycle come to the session."""
    event = renderer.resource.events[call.operation]
    return 200, renderer.session(await sandbox.chats.act(call.id, event))


async def search_call_results(sandbox: Sandbox, renderer: Renderer, call: Call) -> Answer:
    """One page of the call results that match."""
    asked = renderer.resource.result.query({**call.defaults, **call.body})
    query = call_result_query(asked, sandbox.clock.now())
    rows, total = await sandbox.store.results.search(query)
    return 200, renderer.call_results(rows, total, query.size)


HANDLERS: Mapping[str, Handler] = {
    "create": open_chat,
    "list": list_chats,
    "read": get_chat,
    "submit": submit_message,
    "end": end_chat,
    "act": act_on_chat,
    "search": search_call_results,
}


def clamp(value: int | None, bounds: Bounds) -> int | None:
    """The nearest value in range; within it, and for None, nothing changes."""
    return None if value is None else max(bounds[0], min(value, bounds[1]))


def session_query(query: Mapping[str, Any], sizes: Bounds) -> SessionQuery:
    """The list that a query string asks for, a page of one of these sizes."""
    updated, created = query.get("updated_after"), query.get("created_after")
    return SessionQuery(
        skip=query["skip"],
        take=clamp(query["take"], sizes) or sizes[0],
        agent_id=query.get("agent_id"),
        channel=query.get("channel"),
        state=query.get("state"),
        reason=query.get("reason"),
        updated_after=None if updated is None else parse_instant(updated),
        created_after=None if created is None else parse_instant(created),
        members=query.get("members", {}),
    )


def call_result_query(asked: Mapping[str, Any], now: int) -> CallResultQuery:
    """The search that is asked for; a text alone is as one of a list."""
    lists = {
        name: [value] if isinstance(value, str) else value
        for name in ("call_ids", "agent_ids", "statuses", "endpoints")
        if (value := asked.get(name)) is not None
    }
    if "call_ids" in lists:
        lists["call_ids"] = [canonical_id(call_id) or call_id for call_id in lists["call_ids"]]
    first, last = asked.get("completed_from"), asked.get("completed_to")
    return CallResultQuery(
        page=asked["page"],
        size=asked["size"],
        visible_at=now,
        completed_from=None if first is None else parse_instant(first),
        completed_to=None if last is None else parse_instant(last),
        data=asked.get("data") or {},
        **lists,
    )
