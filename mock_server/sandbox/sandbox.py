"""A sandbox: one client's name, clock, state, agents and webhooks."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace as changed
from typing import Any

from ..contract.document import Contract
from ..domain.agents import Agent, Agents
from ..domain.behaviour import Behaviour
from ..domain.chats import Chats
from ..domain.clock import Clock, settle
from ..domain.events import Events
from ..domain.ids import Ids
from ..domain.instants import SECOND
from ..domain.pipeline import Pipeline
from ..domain.records import Rows
from ..domain.render import Renderer
from ..domain.session import Session
from ..faults.rules import FaultRules
from ..large import let_go
from ..problems.kinds import Problem
from ..settings import Settings
from ..store.opening import Store
from ..webhooks.dispatcher import Dispatcher
from ..webhooks.faults import DeliveryFaults
from ..webhooks.sender import Sender
from ..webhooks.signing import parse_secret
from ..webhooks.sink import Sink
from .background import keep_running
from .coverage import Coverage
from .journal import Journal, Journals
from .seeds import BUSY, Draft, draft, find_busy, refused
from .snapshot import Basis, Packed, Snapshot
from .sweeper import Sweeper

_PAUSE_SECONDS = 0.001
_TOLD = 500  # of a seed at one go


class Sandbox:
    """All that a request acts on. It runs a sweeper and a webhook dispatcher of its own."""

    def __init__(
        self,
        name: str,
        store: Store,
        agents: Mapping[str, Agent],
        contract: Contract,
        settings: Settings,
        total: Coverage | None = None,
        journals: Journals | None = None,
    ) -> None:
        choices = settings.choices
        self.name = name
        self.store = store
        self.agents = Agents(agents)
        self.snapshots: dict[str, Snapshot] = {}
        resolution = SECOND if choices["time_format"] == "seconds" else 1
        self.clock = Clock(settings.frozen_time, resolution)
        self.events = Events(self.clock)
        self.journal = Journal(settings.journal_count, settings.journal_bytes, journals)
        self.coverage = Coverage(total)
        self.ids = Ids(settings.seed_number)
        self.pipeline = Pipeline(settings.webhook_url, Renderer(choices, contract.resource))
        self.behaviour = Behaviour(
            self.agents, contract.lifecycle, self.pipeline, choices, contract.resource
        )
        self.chats = Chats(store.sessions, self.clock, self.ids, self.behaviour, self)
        self.faults = FaultRules()
        self.sink = Sink()
        self.sender = Sender(settings, name)
        self.dispatcher = self._dispatcher(settings, contract)
        self.moving = asyncio.Lock()
        self.sweeper = Sweeper(self.chats, self.moving)
        self._tasks: list[asyncio.Task[None]] = []

    def _dispatcher(self, settings: Settings, contract: Contract) -> Dispatcher:
        return Dispatcher(
            self.store.outbox,
            self.clock,
            self.sender,
            settings.webhook_backoff,
            self.events.emit,
            parse_secret(settings.webhook_secret) if settings.webhook_secret else None,
            DeliveryFaults(self.faults, contract.webhook_id),
            settings.webhook_timeout,
        )

    def opened(self, session: Session) -> None:
        """Tell of a new session, and have it expire in time."""
        self.reopened(session)
        facts = {"agent_id": session.agent_id, "channel": session.channel}
        self.events.emit("session.opened", session.id, **facts)

    def stepped(self, state: str, event: str) -> None:
        """Count an event in a state."""
        self.coverage.stepped(state, event)

    def turned(self, session: Session, replies: int) -> None:
        """Tell of a turn."""
        self.events.emit("session.turn", session.id, agent_id=session.agent_id, replies=replies)

    def finished(self, session: Session, announced: bool) -> None:
        """Tell of a session that has become final, and have its webhook sent."""
        facts = {"agent_id": session.agent_id, "reason": session.final_reason}
        self.events.emit("session.final", session.id, **facts)
        if announced:
            self.dispatcher.notify()

    def reopened(self, session: Session) -> None:
        """Have a session expire in time."""
        if session.expires is not None:
            self.sweeper.note(session.expires)

    def adopt(self, contract: Contract) -> None:
        """Go by another table of states, and another resource, from now on."""
        self.behaviour.lifecycle = contract.lifecycle
        self.behaviour.resource = contract.resource
        self.dispatcher.faults.webhook = contract.webhook_id
        self.pipeline.renderer = Renderer(self.behaviour.choices, contract.resource)

    async def start(self) -> None:
        """Begin to sweep and to deliver."""
        self._tasks = [
            asyncio.create_task(keep_running(self.sweeper.run)),
            asyncio.create_task(keep_running(self.dispatcher.run)),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        await self.sender.close()

    async def forget(self) -> None:
        """Stop for good and leave nothing; turns that are under way are told so.

        The store is cleared first: another sandbox of the same name may be made meanwhile.
        """
        self._leave_state()
        self.chats.close()
        await self.store.image.load({})
        await self.stop()
        self.clock.restore()

    async def plant(self, seed: Mapping[str, Any]) -> None:
        """Store a seed's sessions where there are none."""
        if seed.get("sessions") and not await self.store.sessions.count():
            made = await draft(seed, self.clock, self.ids, self.behaviour)
            if await self.store.image.add(made.rows, only_if_empty=True):
                await self._tell(made)

    async def add(self, seed: Mapping[str, Any], agents: Mapping[str, Agent]) -> Sequence[str]:
        """Take in agents, and a seed's sessions beside those that are there; their ids.

        Raises Problem when one is refused, and then takes in nothing.
        """
        while True:
            if (number := await find_busy(seed, self.store.sessions)) is not None:
                raise refused(number, BUSY)
            basis = self.basis()
            behaviour = changed(self.behaviour, agents={**self.agents, **agents})
            made = await draft(seed, self.clock, self.ids, behaviour)
            if await self._take_in(made, agents, basis):
                await self._tell(made)
                return made.opened

    async def _take_in(self, made: Draft, agents: Mapping[str, Agent], basis: Basis) -> bool:
        """Hold a draft and its agents too; False, and neither, if an endpoint or a seeded id was
        taken meanwhile, or what it was made by is gone."""
        async with self.moving:
            self._refuse_closed()
            if not self.is_still(basis):
                return False
            before, added = self.agents.own, False
            self.agents.replace({**before, **agents})
            try:
                added = await self.store.image.add(made.rows)
            finally:
                if not added:
                    self.agents.replace(before)
            return added

    def basis(self) -> Basis:
        """What a state is judged by now."""
        return Basis(frozenset(self.agents), self.behaviour.lifecycle)

    def is_still(self, basis: Basis) -> bool:
        """Whether what a state was judged by is there as it was."""
        known = basis.agents <= self.agents.keys()
        return known and basis.lifecycle is self.behaviour.lifecycle

    async def reset(self, keep: frozenset[str], seed: Mapping[str, Any]) -> None:
        """Begin again, but for what is kept: `state`, `clock`, `journal`, `faults`."""
        async with self.moving:
            if "clock" not in keep:
                self.clock.restore()
            made = None if "state" in keep else await self._begin_again(seed)
            if "journal" not in keep:
                self.events.clear()
                self.journal.clear()
                self.sink.clear()
                self.coverage.clear()
            if "faults" not in keep:
                self.faults.clear()
            if made is None:
                await self.plant(seed)
            else:
                await self._tell(made)
        self.look_again()

    async def _begin_again(self, seed: Mapping[str, Any]) -> Draft:
        """Hold nothing but the seed."""
        self._leave_state()
        self.ids.restore()
        self.agents.replace({})
        made = await draft(seed, self.clock, self.ids, self.behaviour)
        await self._load(made.rows)
        return made

    async def _tell(self, made: Draft) -> None:
        """Tell of all that a seed has brought about; others have their turn between."""
        for number, tell in enumerate(made.notices, 1):
            tell(self)
            if number % _TOLD == 0:
                await asyncio.sleep(0)

    async def snapshot(self) -> Snapshot:
        """All that a later `restore` brings back: state, clock, agents and the ids to come."""
        rows = await self.store.image.dump()
        beside = self.clock.state, self.ids.state(), self.agents.own, self.clock.now()
        packed = await asyncio.to_thread(Packed, rows)
        await let_go(rows)
        return Snapshot(packed, *beside)

    async def restore(self, snapshot: Snapshot) -> None:
        """Be as it was then."""
        async with self.moving:
            self._refuse_closed()
            rows = await asyncio.to_thread(snapshot.packed.rows)
            await self._load(rows)
            await let_go(rows)
            self.clock.restore(snapshot.clock)
            self.ids.restore(snapshot.ids)
            self.agents.replace(snapshot.agents)
        self.look_again()

    async def replace(self, rows: Rows, basis: Basis) -> bool:
        """Hold another state, at the same time or, if that lies ahead, at the latest in it.

        False, and the present one stays, if what it was judged by is gone.
        """
        async with self.moving:
            self._refuse_closed()
            if not self.is_still(basis):
                return False
            await self._load(rows)
            await self.catch_up()
        self.look_again()
        return True

    async def catch_up(self) -> None:
        """Move the clock to the latest that happened to a session, if it is behind that."""
        if (latest := await self.store.sessions.latest()) is not None:
            self.clock.move(latest)

    def _refuse_closed(self) -> None:
        """Raise Problem for a sandbox that was deleted while the call waited."""
        if self.chats.closed:
            raise Problem("unknown-sandbox", f"The sandbox {self.name} was deleted meanwhile.")

    async def _load(self, rows: Rows) -> None:
        """Hold these rows in place of all others."""
        self._leave_state()
        await self.store.image.load(rows)
        self.chats.leave_state()  # turns have begun meanwhile

    def _leave_state(self) -> None:
        """What is under way, webhooks and turns, has no effect on the state that comes."""
        self.dispatcher.restart()
        self.chats.leave_state()

    def look_again(self) -> None:
        """Wake sweeper and dispatcher: the store may hold what they do not know of."""
        self.sweeper.look_again()
        self.dispatcher.notify()

    async def settle(self) -> None:
        """Let woken tasks run until they wait again, for time or for news."""
        await settle()
        while self.store.tables.calls:
            await asyncio.sleep(_PAUSE_SECONDS)
            await settle()
