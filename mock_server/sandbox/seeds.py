"""Seed sessions: opened, spoken to and ended like any others, and stored as a whole."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..contract.document import Contract
from ..domain.agents import NOBODY, Agent, template_values
from ..domain.behaviour import Behaviour
from ..domain.chats import Chats, external_hash
from ..domain.clock import Clock, settle
from ..domain.ids import Ids
from ..domain.observer import Observer
from ..domain.records import Rows
from ..domain.resource import Resource
from ..domain.session import Session
from ..domain.store import Sessions
from ..domain.transcript import BOUND, Room
from ..problems.kinds import Problem, Refusal
from ..problems.violations import violation
from ..store.opening import embedded_store
from ..store.sqlite.database import SqliteDatabase

ENDLESS = "wanted none, as no session of the contract expires"
NO_AGENTS = "wanted no agents, as the contract has none"
BUSY = "its endpoint has an active session: end that one, or reset"


def check_seed(
    seed: Mapping[str, Any], agents: Mapping[str, Agent], contract: Contract
) -> tuple[str, str] | None:
    """Where and why the seed's sessions cannot be played, or None."""
    busy: dict[tuple[str, str | None], int] = {}
    for number, entry in enumerate(seed.get("sessions", ())):
        name = entry.get("agent_id", NOBODY.id)
        agent = agents.get(name)
        if agent is None:
            reason = f"there is no agent {name!r}" if name else "wanted an agent, got none"
            return f"/sessions/{number}/agent_id", reason
        if entry.get("ttl_seconds") is not None and not contract.lifecycle.expires:
            return f"/sessions/{number}/ttl_seconds", ENDLESS
        if not agent.enabled:
            return f"/sessions/{number}/agent_id", f"the agent {agent.id!r} is disabled"
        fault, final = _try_turns(entry, agent, contract.resource)
        if fault:
            return f"/sessions/{number}/turns/{fault[0]}", fault[1]
        endpoint = _endpoint(entry)
        if endpoint in busy:
            detail = f"the session {busy[endpoint]} is active at this endpoint; end it"
            return f"/sessions/{number}/external_id", detail
        if endpoint[1] and not (final or entry.get("end")):
            busy[endpoint] = number
    return None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a seed makes, before it is stored: the sessions' ids, the rows, what is to be told."""

    opened: Sequence[str]
    rows: Rows
    notices: Sequence[Callable[[Observer], None]]


async def draft(seed: Mapping[str, Any], clock: Clock, ids: Ids, behaviour: Behaviour) -> Draft:
    """Open the seed's sessions, speak to them and end them, all in a store of its own.

    Raises Problem when one is refused.
    """
    if not seed.get("sessions"):
        return Draft((), {}, ())
    database = SqliteDatabase()
    try:
        store, notes = embedded_store(database, "seed"), Notes()
        chats = Chats(store.sessions, clock, ids, behaviour, notes)
        opened = []
        for number, entry in enumerate(seed["sessions"]):
            await asyncio.sleep(0)  # requests have their turn between two
            try:
                opened.append(await _play(entry, chats))
            except Refusal as refusal:
                raise refused(number, refusal.detail) from None
        return Draft(opened, await store.image.dump(), notes.notices)
    finally:
        await database.close()


class Notes:
    """Keeps what an observer is to be told. Events that a seed brings about are not counted."""

    def __init__(self) -> None:
        self.notices: list[Callable[[Observer], None]] = []

    def opened(self, session: Session) -> None:
        self.notices.append(lambda observer: observer.opened(session))

    def stepped(self, state: str, event: str) -> None:
        """What a seed does is not what clients do."""

    def turned(self, session: Session, replies: int) -> None:
        self.notices.append(lambda observer: observer.turned(session, replies))

    def finished(self, session: Session, announced: bool) -> None:
        self.notices.append(lambda observer: observer.finished(session, announced))

    def reopened(self, session: Session) -> None:
        """No seed has what is final go on."""


async def find_busy(seed: Mapping[str, Any], sessions: Sessions) -> int | None:
    """The number of the first session whose endpoint has an active one, or None."""
    for number, entry in enumerate(seed.get("sessions", ())):
        channel, hash = _endpoint(entry)
        if hash and await sessions.active_at(channel, hash):
            return number
    return None


def refused(number: int, reason: str) -> Problem:
    """The refusal of a seed for one of its sessions, as things stand."""
    detail = f"Session {number} of the seed cannot be played: {reason}"
    errors = [violation("body", f"/sessions/{number}", reason)]
    return Problem("seed-refused", detail, errors=errors)


def _try_turns(
    entry: Mapping[str, Any], agent: Agent, resource: Resource
) -> tuple[tuple[int, str] | None, bool]:
    """The turn that could not be played, and why; and whether the last one finishes the session.

    What an agent answers is known beforehand.
    """
    own = resource.overriding(entry.get("channel", "web"))
    values = template_values(entry.get("additional_data", {}), {}, own)
    cursor, final, room = 0, False, Room()
    for number, text in enumerate(entry.get("turns", ())):
        if final:
            wanted = f"the agent {agent.id!r} has finished the session by then; leave it out"
            return (number, wanted), final
        answer = agent.answer(text, cursor, values)
        if answer.fail:
            return (number, f"the agent {agent.id!r} fails at it; leave it out"), final
        if not all(room.takes(*message) for message in ((text, None), *answer.turns)):
            return (number, f"wanted at most {BOUND}, got more"), final
        cursor, final = answer.cursor, answer.finish
    return None, final


def _endpoint(entry: Mapping[str, Any]) -> tuple[str, str | None]:
    return entry.get("channel", "web"), external_hash(entry.get("external_id"))


async def _play(entry: Mapping[str, Any], chats: Chats) -> str:
    session, new = await chats.open(entry)
    if not new:
        raise Refusal("endpoint-busy", BUSY)
    for text in entry.get("turns", ()):
        turn = asyncio.create_task(chats.submit(session.id, {"content": text}))
        await settle()
        if not turn.done() and chats.clock.frozen and (due := chats.clock.next_due()):
            chats.clock.move(due)  # a slow agent: nobody else would move a frozen clock
        await turn
    if entry.get("end"):
        await chats.end(session.id)
    return session.id
