"""The resource itself: open, read, list, submit, end and expire chat sessions."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

from ..codec import encode
from ..problems.kinds import Problem
from ..problems.violations import quote
from .agents import Agent, Round, absent_agent, template_values
from .clock import Clock
from .lifecycle import Lifecycle
from .pipeline import Pipeline
from .records import Change, Completion, SessionQuery
from .session import Message, Session, TurnResult
from .store import Sessions


class Chats:
    """The chat sessions of one sandbox.

    `on_timer` is told the instant after which a new session is overdue, `on_webhook` that the
    outbox may hold more, `on_step` each state with the event in it.
    """

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        agents: Mapping[str, Agent],
        lifecycle: Lifecycle,
        pipeline: Pipeline,
        choices: Mapping[str, str],
        on_timer: Callable[[int], None],
        on_webhook: Callable[[], None],
        tell: Callable[..., None],
        on_step: Callable[[str, str], None],
        new_id: Callable[[], str],
    ) -> None:
        self.sessions = sessions
        self.clock = clock
        self.agents = agents
        self.lifecycle = lifecycle
        self.pipeline = pipeline
        self.choices = choices
        self.on_timer = on_timer
        self.on_webhook = on_webhook
        self.tell = tell
        self.on_step = on_step
        self.new_id = new_id
        self.epoch = 0  # counts the states that the sandbox has had
        self.closed = False  # for good, as the sandbox was deleted
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def open(self, body: Mapping[str, Any]) -> tuple[Session, bool]:
        """The session of an open, and whether it is new. Raises Problem when refused."""
        agent = self.bind(body["agent_id"])
        session = self.new_session(agent, body)
        # What comes to a sandbox just when it is deleted is deleted with it.
        while not self.closed and not await self.sessions.insert(session):
            existing = await self.duplicate(session)
            if existing is not None:
                return existing, False
            # A seeded sequence of ids may come upon one of an earlier run.
            session = replace(session, id=self.new_id())
        if session.expires is not None:
            self.on_timer(session.expires)
        self.tell("session.opened", session.id, agent_id=session.agent_id, channel=session.channel)
        return session, True

    def bind(self, agent_id: str) -> Agent:
        """The agent that a new session is bound to. Raises Problem when there is none."""
        agent = self.agents.get(agent_id)
        if agent is None:
            raise Problem("unknown-agent", f"No agent has the id {quote(agent_id, 80)}.")
        if not agent.enabled:
            detail = f"The agent {quote(agent_id, 80)} takes no new sessions."
            raise Problem("agent-disabled", detail)
        return agent

    def new_session(self, agent: Agent, body: Mapping[str, Any]) -> Session:
        """A session that is not stored yet, with its greeting."""
        now = self.clock.stamp()
        channel = body.get("channel") or "web"
        data = body.get("additional_data") or {}
        greeting = agent.greet(template_values(data, {}, channel), self.choices["greeting"] == "on")
        return Session(
            id=self.new_id(),
            agent_id=agent.id,
            channel=channel,
            ttl_seconds=body.get("ttl_seconds"),
            created=now,
            last_activity=now,
            state=self.lifecycle.initial,
            additional_data=data,
            messages=() if greeting is None else (Message("assistant", greeting, now),),
            external_hash=external_hash(body.get("external_id")),
        )

    async def duplicate(self, session: Session) -> Session | None:
        """The active session at a busy endpoint; None when it has just become free."""
        if session.external_hash is None:
            return None
        existing = await self.sessions.active_at(session.channel, session.external_hash)
        if existing is not None and self.choices["duplicate_open"] == "conflict":
            detail = "An active session exists for this channel and external_id."
            raise Problem("endpoint-busy", detail)
        return existing

    async def get(self, session_id: str) -> Session:
        """The session as it stands. Raises Problem when it is unknown."""
        session = await self.sessions.get(session_id)
        if session is None:
            raise Problem("unknown-session", f"No session has the id {quote(session_id, 80)}.")
        return session

    async def list_sessions(self, query: SessionQuery) -> tuple[list[Session], int]:
        """One page of sessions and how many match in all."""
        return await self.sessions.page(query)

    async def submit(self, session_id: str, body: Mapping[str, Any]) -> TurnResult:
        """Run one round, or answer a repeated key. Turns of a session queue up."""
        key = body.get("idempotency_key") or None
        async with self.turn_lock(session_id):
            while True:
                session = await self.get(session_id)
                earlier = await self.replayed(session, key)
                if earlier is not None:
                    self.on_step(session.state, "replay")
                    return earlier
                result = await self.run_turn(session, key, body)
                if result is not None:
                    return result

    def turn_lock(self, session_id: str) -> asyncio.Lock:
        """The lock that makes the turns of a session follow one another."""
        return self._turns.setdefault(session_id, asyncio.Lock())

    async def replayed(self, session: Session, key: str | None) -> TurnResult | None:
        """What the key was answered with; it is looked up before the session's state."""
        return None if key is None else await self.sessions.replay(session.id, key)

    async def run_turn(
        self, session: Session, key: str | None, body: Mapping[str, Any]
    ) -> TurnResult | None:
        """One round on a session whose key is new; None if another mock's turn came first.

        Raises Problem when it is refused.
        """
        # Another mock, whose clock is ahead, may have come before.
        started = max(self.clock.stamp(), session.last_activity)
        self._refuse("submit", session)
        epoch = self.epoch
        answer = await self.ask(session, body)
        if self.epoch != epoch:
            raise Problem("unknown-session", "The state was replaced while the agent thought.")
        now = max(self.clock.stamp(), session.last_activity)
        replies = tuple(Message("assistant", text, now, calls) for text, calls in answer.turns)
        event = "finish" if answer.finish else "submit"
        step = self.lifecycle.step(session, event, now)
        change = Change(
            session=replace(step.session, cursor=answer.cursor),
            messages=(Message("user", body["content"], started), *replies),
            reply_from=1,
            key=key,
            complete=self.completion("pipeline" in step.effects, None),
            seen=session.message_count,
        )
        if await self.sessions.apply(change) is None:
            self._refuse(event, await self.get(session.id))
            return None
        self.on_step(session.state, event)
        self.tell("session.turn", session.id, agent_id=session.agent_id, replies=len(replies))
        if change.complete is not None:
            self.finished(step.session)
        return TurnResult(replies, step.session.state)

    async def ask(self, session: Session, body: Mapping[str, Any]) -> Round:
        """What the agent answers, after the time that it takes. Raises Problem if it fails."""
        data = body.get("additional_data") or {}
        values = template_values(session.additional_data, data, session.channel)
        answer = self.agent_of(session).answer(body["content"], session.cursor, values)
        delay = answer.delay + int(self.choices["turn_delay"])
        if delay:
            await self.clock.sleep(delay)
        if answer.fail:
            raise Problem("agent-failed", "The agent gave no reply. Nothing was stored.")
        return answer

    async def end(self, session_id: str, note: str | None = None) -> Session:
        """Finish the session; a final one is given as it is."""
        return await self.finish(await self.get(session_id), "end", note)

    async def expire(self, session: Session, now: int) -> Session:
        """Finish the session if its timeout has passed by now."""
        return await self.finish(session, "expire", None, overdue_at=now)

    async def finish(
        self, session: Session, event: str, note: str | None, overdue_at: int | None = None
    ) -> Session:
        """Carry out an event that finalises. Of several at once one wins, the others see it.

        With `overdue_at` it is given up when a turn came between, else carried out after that.
        """
        step = self.lifecycle.step(session, event, self.clock.stamp())
        if "finalise" not in step.effects:
            self.on_step(session.state, event)
            return session
        complete = self.completion("pipeline" in step.effects, note)
        seen = session.message_count
        change = Change(session=step.session, complete=complete, overdue_at=overdue_at, seen=seen)
        stored = await self.sessions.apply(change)
        if stored is None:
            session = await self.get(session.id)
            if not session.is_final and overdue_at is None:
                return await self.finish(session, event, note)
            self.on_step(session.state, event)
            return session
        self.on_step(session.state, event)
        self.finished(stored)
        return stored

    def finished(self, session: Session) -> None:
        """Tell the sandbox that a session is final."""
        self.tell(
            "session.final", session.id, agent_id=session.agent_id, reason=session.final_reason
        )
        if self.pipeline.target(self.agent_of(session)):
            self.on_webhook()

    def completion(self, runs: bool, note: str | None) -> Callable[[Session], Completion] | None:
        """The pipeline as the store calls it, or None when the step does not run it."""
        if not runs:
            return None
        return lambda session: self.pipeline.complete(session, self.agent_of(session), note)

    def agent_of(self, session: Session) -> Agent:
        """The session's agent; one that is loaded no longer fails every turn."""
        try:
            return self.agents[session.agent_id]
        except KeyError:
            return absent_agent(session.agent_id)

    def _refuse(self, event: str, session: Session) -> None:
        refusal = self.lifecycle.step(session, event, self.clock.stamp()).refusal
        if refusal is None:
            return
        self.on_step(session.state, event)
        detail = f"The session is final ({session.final_reason}) and takes no further turns."
        raise Problem(refusal, detail, status=int(self.choices["final_submit"]))


def external_hash(external_id: Mapping[str, Any] | None) -> str | None:
    """The canonical form's hash: the order of keys, at any depth, makes no difference."""
    if external_id is None:
        return None
    return hashlib.sha256(encode(external_id, sort_keys=True)).hexdigest()
