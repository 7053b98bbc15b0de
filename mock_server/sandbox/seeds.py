"""Seed sessions: opened, spoken to and ended like any others, in an empty store."""

import asyncio
from collections.abc import Mapping
from typing import Any

from ..domain.agents import Agent, template_values
from ..domain.chats import external_hash
from ..problems.kinds import Problem, Refusal
from ..problems.violations import violation
from .sandbox import Sandbox

BUSY = "its endpoint has an active session: end that one, or reset"


def check_seed(seed: Mapping[str, Any], agents: Mapping[str, Agent]) -> tuple[str, str] | None:
    """Where and why the seed's sessions cannot be played, or None."""
    busy: dict[tuple[str, str | None], int] = {}
    for number, entry in enumerate(seed.get("sessions", ())):
        agent = agents.get(entry["agent_id"])
        if agent is None:
            return f"/sessions/{number}/agent_id", f"there is no agent {entry['agent_id']!r}"
        if not agent.enabled:
            return f"/sessions/{number}/agent_id", f"the agent {agent.id!r} is disabled"
        fault, final = _try_turns(entry, agent)
        if fault:
            return f"/sessions/{number}/turns/{fault[0]}", fault[1]
        endpoint = _endpoint(entry)
        if endpoint in busy:
            detail = f"the session {busy[endpoint]} is active at this endpoint; end it"
            return f"/sessions/{number}/external_id", detail
        if endpoint[1] and not (final or entry.get("end")):
            busy[endpoint] = number
    return None


async def find_busy(seed: Mapping[str, Any], sandbox: Sandbox) -> int | None:
    """The number of the first session whose endpoint has an active one, or None."""
    for number, entry in enumerate(seed.get("sessions", ())):
        channel, hash = _endpoint(entry)
        if hash and await sandbox.store.sessions.active_at(channel, hash):
            return number
    return None


async def plant(seed: Mapping[str, Any], sandbox: Sandbox) -> None:
    """Play the seed's sessions; a store that holds sessions already is left as it is.

    The caller sees to it that no other mock does so meanwhile.
    """
    if seed.get("sessions") and not await sandbox.store.sessions.count():
        await play(seed, sandbox)


async def play(seed: Mapping[str, Any], sandbox: Sandbox) -> list[str]:
    """Open the seed's sessions, speak to them and end them; their ids.

    Raises Problem when one is refused, and then leaves none of them.
    """
    opened: list[str] = []
    with sandbox.coverage.paused():
        for number, entry in enumerate(seed.get("sessions", ())):
            try:
                await _play(entry, sandbox, opened)
            except Refusal as refusal:
                await sandbox.store.image.discard(opened)
                raise refused(number, refusal.detail) from None
    return opened


def refused(number: int, reason: str) -> Problem:
    """The refusal of a seed for one of its sessions, as things stand."""
    detail = f"Session {number} of the seed cannot be played: {reason}"
    errors = [violation("body", f"/sessions/{number}", reason)]
    return Problem("seed-refused", detail, errors=errors)


def _try_turns(entry: Mapping[str, Any], agent: Agent) -> tuple[tuple[int, str] | None, bool]:
    """The turn that could not be played, and why; and whether the last one finishes the session.

    What an agent answers is known beforehand.
    """
    values = template_values(entry.get("additional_data", {}), {}, entry.get("channel", "web"))
    cursor, final = 0, False
    for number, text in enumerate(entry.get("turns", ())):
        if final:
            wanted = f"the agent {agent.id!r} has finished the session by then; leave it out"
            return (number, wanted), final
        answer = agent.answer(text, cursor, values)
        if answer.fail:
            return (number, f"the agent {agent.id!r} fails at it; leave it out"), final
        cursor, final = answer.cursor, answer.finish
    return None, final


def _endpoint(entry: Mapping[str, Any]) -> tuple[str, str | None]:
    return entry.get("channel", "web"), external_hash(entry.get("external_id"))


async def _play(entry: Mapping[str, Any], sandbox: Sandbox, opened: list[str]) -> None:
    session, new = await sandbox.chats.open(entry)
    if not new:
        raise Problem("endpoint-busy", BUSY)
    opened.append(session.id)
    for text in entry.get("turns", ()):
        turn = asyncio.create_task(sandbox.chats.submit(session.id, {"content": text}))
        await sandbox.settle()
        if not turn.done() and sandbox.clock.frozen and (due := sandbox.clock.next_due()):
            sandbox.clock.move(due)  # a slow agent: nobody else would move a frozen clock
        await turn
    if entry.get("end"):
        await sandbox.chats.end(session.id)
