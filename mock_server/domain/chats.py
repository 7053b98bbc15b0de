"""The resource itself: open, read, list, submit, end and expire chat sessions."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

from ..codec import canonical
from ..large import beside
from ..problems.kinds import Problem, Refusal
from ..problems.violations import quote
from .agents import NOBODY, Agent, Round, absent_agent, template_values
from .behaviour import Behaviour
from .clock import Clock
from .ids import Ids
from .lifecycle import Step
from .observer import Observer
from .records import Change, Completion, SessionQuery
from .session import Message, Session, TurnResult
from .store import Sessions
from .transcript import BOUND, is_too_large


class Chats:
    """The chat sessions of one sandbox."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        ids: Ids,
        behaviour: Behaviour,
        observer: Observer,
    ) -> None:
        self.sessions = sessions
        self.clock = clock
        self.ids = ids
        self.behaviour = behaviour
        self.observer = observer
        self.closed = False
        self._states = 0  # how often the sandbox's state was replaced
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def leave_state(self) -> None:
        """Let the turns that are under way come to nothing: another state comes."""
        self._states += 1

    def close(self) -> None:
        """Open no session any longer: the sandbox is deleted."""
        self.closed = True

    async def open(self, body: Mapping[str, Any]) -> tuple[Session, bool]:
        """The session of an open, and whether it is new. Raises Refusal when refused."""
        agent = self.bind(body.get("agent_id", NOBODY.id))
        session = self.new_session(agent, body)
        # What comes to a sandbox just when it is deleted is deleted with it.
        while not self.closed and not await self.sessions.insert(session):
            existing = await self.duplicate(session)
            if existing is not None:
                return existing, False
            # A seeded sequence of ids may come upon one of an earlier run.
            session = replace(session, id=self.ids.next())
        self.observer.opened(session)
        return session, True

    def bind(self, agent_id: str) -> Agent:
        """The agent that a new session is bound to. Raises Refusal when there is none."""
        agent = self.behaviour.agents.get(agent_id)
        if agent is None:
            raise Refusal("unknown-agent", f"No agent has the id {quote(agent_id, 80)}.")
        if not agent.enabled:
            detail = f"The agent {quote(agent_id, 80)} takes no new sessions."
            raise Refusal("agent-disabled", detail)
        return agent

    def new_session(self, agent: Agent, body: Mapping[str, Any]) -> Session:
        """A session that is not stored yet, with its greeting."""
        now = self.clock.stamp()
        channel = body.get("channel") or "web"
        data = body.get("additional_data") or {}
        always = self.behaviour.choices["greeting"] == "on" and agent is not NOBODY
        own = self.behaviour.resource.overriding(channel)
        greeting = agent.greet(template_values(data, {}, own), always)
        return Session(
            id=self.ids.next(),
            agent_id=agent.id,
            channel=channel,
            ttl_seconds=body.get("ttl_seconds"),
            created=now,
            last_activity=now,
            state=self.behaviour.lifecycle.initial,
            additional_data=data,
            members={**self.behaviour.resource.shown, **body.get("members", {})},
            messages=() if greeting is None else (Message("assistant", greeting, now),),
            external_hash=external_hash(body.get("external_id")),
            holds=self.behaviour.lifecycle.initial in self.behaviour.lifecycle.holding,
        )

    async def duplicate(self, session: Session) -> Session | None:
        """The active session at a busy endpoint; None when it has just become free."""
        if session.external_hash is None:
            return None
        existing = await self.sessions.active_at(session.channel, session.external_hash)
        if existing is not None and self.behaviour.choices["duplicate_open"] == "conflict":
            detail = "An active session exists for this channel and external_id."
            raise Refusal("endpoint-busy", detail)
        return existing

    async def get(self, session_id: str) -> Session:
        """The session as it stands. Raises Refusal when it is unknown."""
        session = await self.sessions.get(session_id)
        if session is None:
            raise Refusal("unknown-session", f"No session has the id {quote(session_id, 80)}.")
        return session

    async def list_sessions(self, query: SessionQuery) -> tuple[list[Session], int]:
        """One page of sessions and how many match in all."""
        return await self.sessions.page(query)

    async def submit(self, session_id: str, body: Mapping[str, Any]) -> TurnResult:
        """Run one round, or answer a repeated key. Turns of a session queue up."""
        key = body.get("idempotency_key") or None
        async with self._turns.setdefault(session_id, asyncio.Lock()):
            while True:
                session = await self.get(session_id)
                earlier = await self.replayed(session, key)
                if earlier is not None:
                    self._refuse("replay", session)
                    self.observer.stepped(session.state, "replay")
                    return replace(earlier, session=session)
                result = await self.run_turn(session, key, body)
                if result is not None:
                    return result

    async def replayed(self, session: Session, key: str | None) -> TurnResult | None:
        """What the key was answered with; it is looked up before the session's state."""
        return None if key is None else await self.sessions.replay(session.id, key)

    async def run_turn(
        self, session: Session, key: str | None, body: Mapping[str, Any]
    ) -> TurnResult | None:
        """One round on a session whose key is new; None if another mock's turn came first.

        Raises Refusal when it is refused.
        """
        # Another mock, whose clock is ahead, may have come before.
        started = max(self.clock.stamp(), session.last_activity)
        self._refuse("submit", session)
        states = self._states
        answer = await self.ask(session, body)
        if self._states != states:
            raise Refusal("unknown-session", "The state was replaced while the agent thought.")
        now = max(self.clock.stamp(), session.last_activity)
        replies = tuple(Message("assistant", text, now, calls) for text, calls in answer.turns)
        event = "finish" if answer.finish else "submit"
        step = self.behaviour.lifecycle.step(session, event, now)
        if step.refusal is not None:  # of the last turn alone
            self._refuse(event, session)
        step = replace(step, session=replace(step.session, cursor=answer.cursor))
        said = (Message("user", body["content"], started), *replies)
        change = self._change(session, step, said, key)
        stored = await self.sessions.apply(change)
        if stored is None:
            self._refuse(event, await self.get(session.id))
            return None
        self.observer.stepped(session.state, event)
        self.observer.turned(session, len(replies))
        if step.session.is_final:
            announced = change.complete is not None and self.announces(step.session)
            self.observer.finished(step.session, announced)
        return TurnResult(replies, step.session.state, stored)

    def _change(
        self, session: Session, step: Step, said: tuple[Message, ...], key: str | None
    ) -> Change:
        """What a turn stores. Raises Problem when the transcript has no room for it."""
        appends = "append" in step.effects
        if appends:
            _refuse_large((*session.messages, *said))
        return Change(
            session=step.session,
            was=session.state,
            messages=said if appends else (),
            reply_from=1,
            key=key if "remember" in step.effects else None,
            complete=self.completion("pipeline" in step.effects, None),
            seen=session.message_count,
        )

    async def ask(self, session: Session, body: Mapping[str, Any]) -> Round:
        """What the agent answers, after the time that it takes. Raises Refusal if it fails."""
        data = body.get("additional_data") or {}
        own = self.behaviour.resource.overriding(session.channel)
        values = template_values(session.additional_data, data, own)
        agent, text = self.agent_of(session), body["content"]
        answer = await beside(
            agent.effort(text), lambda: agent.answer(text, session.cursor, values)
        )
        delay = answer.delay + int(self.behaviour.choices["turn_delay"])
        if delay:
            await self.clock.sleep(delay)
        if answer.fail:
            raise Refusal("agent-failed", "The agent gave no reply. Nothing was stored.")
        return answer

    async def end(self, session_id: str, note: str | None = None) -> Session:
        """Finish the session; a final one is given as it is."""
        return await self.finish(await self.get(session_id), "end", note)

    async def act(self, session_id: str, event: str) -> Session:
        """Have an event come to the session that is neither a turn nor its end."""
        return await self.finish(await self.get(session_id), event, None)

    async def expire(self, session: Session, now: int) -> Session:
        """Finish the session if its timeout has passed by now."""
        return await self.finish(session, "expire", None, overdue_at=now)

    async def finish(
        self, session: Session, event: str, note: str | None, overdue_at: int | None = None
    ) -> Session:
        """Carry out an event that is no turn. Of several at once one wins, the others see it.

        With `overdue_at` it is given up when a turn came between, else carried out after that.
        """
        step = self.behaviour.lifecycle.step(session, event, self.clock.stamp())
        if step.refusal is not None:
            self._refuse(event, session)
        if not step.changes:
            self.observer.stepped(session.state, event)
            return session
        complete = self.completion("pipeline" in step.effects, note)
        seen = session.message_count
        change = Change(
            step.session, session.state, complete=complete, overdue_at=overdue_at, seen=seen
        )
        stored = await self.sessions.apply(change)
        if stored is None:
            session = await self.get(session.id)
            if overdue_at is None:
                return await self.finish(session, event, note)
            self.observer.stepped(session.state, event)
            return session
        self.observer.stepped(session.state, event)
        if stored.is_final:
            self.observer.finished(stored, complete is not None and self.announces(stored))
        elif session.is_final:
            self.observer.reopened(stored)
        return stored

    def announces(self, session: Session) -> bool:
        """Whether the end of a session leaves a webhook."""
        return self.behaviour.pipeline.target(self.agent_of(session)) is not None

    def completion(self, runs: bool, note: str | None) -> Callable[[Session], Completion] | None:
        """The pipeline as the store calls it, or None when the step does not run it."""
        if not runs:
            return None
        complete = self.behaviour.pipeline.complete
        return lambda session: complete(session, self.agent_of(session), note)

    def agent_of(self, session: Session) -> Agent:
        """The session's agent; one that is loaded no longer fails every turn."""
        try:
            return self.behaviour.agents[session.agent_id]
        except KeyError:
            return absent_agent(session.agent_id)

    def _refuse(self, event: str, session: Session) -> None:
        refusal = self.behaviour.lifecycle.step(session, event, self.clock.stamp()).refusal
        if refusal is None:
            return
        self.observer.stepped(session.state, event)
        detail = f"The session is {session.state}."
        if session.is_final:
            detail = f"The session is final ({session.final_reason}) and takes no further turns."
        raise Refusal(refusal, detail)


def _refuse_large(messages: Iterable[Message]) -> None:
    if is_too_large((message.content, message.tool_calls) for message in messages):
        raise Problem("content-too-large", f"A transcript holds at most {BOUND}; open another.")


def external_hash(external_id: Mapping[str, Any] | None) -> str | None:
    """The canonical form's hash: neither the order of keys, at any depth, nor how a number is
    written makes a difference."""
    if external_id is None:
        return None
    return hashlib.sha256(canonical(external_id)).hexdigest()
