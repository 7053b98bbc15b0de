"""Seed sessions: opened, spoken to and ended like any others, in an empty store."""

import asyncio
from collections.abc import Mapping
from typing import Any

from mock_server.agents import Agent, template_values
from mock_server.world import World

__all__ = ["check_seed", "plant", "play"]


def check_seed(seed: Mapping[str, Any], agents: Mapping[str, Agent]) -> tuple[str, str] | None:
    """Where and why the seed's sessions cannot be played, or None."""
    for number, entry in enumerate(seed.get("sessions", ())):
        agent = agents.get(entry["agent_id"])
        if agent is None:
            return f"/sessions/{number}/agent_id", f"there is no agent {entry['agent_id']!r}"
        if not agent.enabled:
            return f"/sessions/{number}/agent_id", f"the agent {agent.id!r} is disabled"
        if refused := _refused_turn(entry, agent):
            return f"/sessions/{number}/turns/{refused[0]}", refused[1]
    return None


async def plant(seed: Mapping[str, Any], world: World) -> None:
    """Play the seed's sessions; a store that holds sessions already is left as it is.

    The caller sees to it that no other mock does so meanwhile.
    """
    if seed.get("sessions") and not await world.store.count():
        await play(seed, world)


async def play(seed: Mapping[str, Any], world: World) -> list[str]:
    """Open the seed's sessions, speak to them and end them; their ids.

    Raises Problem when one is refused.
    """
    with world.coverage.paused():
        return [await _play(entry, world) for entry in seed.get("sessions", ())]


def _refused_turn(entry: Mapping[str, Any], agent: Agent) -> tuple[int, str] | None:
    """The turn that could not be played, and why: what an agent answers is known beforehand."""
    values = template_values(entry.get("additional_data", {}), {}, entry.get("channel", "web"))
    cursor, final = 0, False
    for number, text in enumerate(entry.get("turns", ())):
        if final:
            return number, f"the agent {agent.id!r} has finished the session by then; leave it out"
        answer = agent.answer(text, cursor, values)
        if answer.fail:
            return number, f"the agent {agent.id!r} fails at it; leave it out"
        cursor, final = answer.cursor, answer.finish
    return None


async def _play(entry: Mapping[str, Any], world: World) -> str:
    session, _ = await world.chats.open(entry)
    for text in entry.get("turns", ()):
        turn = asyncio.create_task(world.chats.submit(session.id, {"content": text}))
        await world.settle()
        if not turn.done() and world.clock.frozen and (due := world.clock.next_due()):
            world.clock.move(due)  # a slow agent: nobody else would move a frozen clock
        await turn
    if entry.get("end"):
        await world.chats.end(session.id)
    return session.id
