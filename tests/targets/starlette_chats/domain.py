"""The front desk: sessions as plain dicts, and all that may happen to them."""

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from . import agents
from .instants import SECOND, Clock, read
from .refusals import RefusedError

Doc = dict[str, Any]
RESERVED = ("channel", "sip_endpoint")


class Desk:
    """Holds every session of every organisation. Raises RefusedError for what cannot be done."""

    def __init__(self, choices: Mapping[str, str], clock: Clock) -> None:
        self.choices = choices
        self.clock = clock
        self.sessions: dict[str, Doc] = {}
        self.endpoints: dict[tuple[str, ...], str] = {}
        self.on_finish: list[Callable[[Doc], None]] = []
        self.delay = float(choices["turn_delay"])

    # Opening

    async def open(self, org: str, order: Doc) -> tuple[Doc, bool]:
        """The session of the endpoint, and whether it is new."""
        self.admit(order["agent_id"])
        endpoint = self.endpoint(org, order)
        if endpoint is not None and endpoint in self.endpoints:
            return self.duplicate(self.sessions[self.endpoints[endpoint]], order), False
        session = self.build(org, order, endpoint)
        self.sessions[session["id"]] = session
        if endpoint is not None:
            self.endpoints[endpoint] = session["id"]
        return session, True

    def admit(self, agent: str) -> None:
        """Let the agent take a session, or refuse."""
        if agent not in agents.AGENTS:
            raise RefusedError(self.choices["unknown_agent"], f"Nobody here is called {agent!r}.")
        if not agents.takes_sessions(agent):
            raise RefusedError(self.choices["disabled_agent"], f"{agent} is off duty.")

    def endpoint(self, org: str, order: Doc) -> tuple[str, ...] | None:
        """What names the endpoint; None without an external_id."""
        if order.get("external_id") is None:
            return None
        return org, order["channel"] or "", self.canonical(order["external_id"])

    def canonical(self, external: Doc) -> str:
        """One text for all external ids that differ in the order of their keys alone."""
        return json.dumps(external, sort_keys=True)

    def duplicate(self, session: Doc, order: Doc) -> Doc:
        """The active session of an endpoint that is opened again."""
        if self.choices["duplicate_open"] == "409":
            raise RefusedError(409, "Somebody is already talking there.")
        return session

    def build(self, org: str, order: Doc, endpoint: tuple[str, ...] | None) -> Doc:
        now = self.clock.tick()
        name = str(uuid.uuid4())
        session: Doc = {
            "id": name.upper() if self.choices["ids"] == "upper" else name,
            "org": org,
            "agent": order["agent_id"],
            "channel": order["channel"],
            "ttl": order["ttl_seconds"],
            "data": order.get("additional_data") or {},
            "endpoint": endpoint,
            "created": now,
            "touched": now,
            "ended": None,
            "reason": None,
            "log": [],
            "notes": [],
            "answers": {},
            "running": set(),
            "lock": asyncio.Lock(),
        }
        if self.choices["greeting"] == "on":
            session["log"].append(said("assistant", "Good day, who is calling?", now))
        return session

    # Reading

    def find(self, org: str, name: str) -> Doc:
        """The organisation's session of that id."""
        key = name.upper() if self.choices["ids"] == "upper" else name.lower()
        session = self.sessions.get(key)
        if session is None or session["org"] != org:
            raise RefusedError(404, "There is no such conversation.")
        return session

    def matches(self, org: str, query: Doc) -> list[Doc]:
        """The organisation's sessions that pass every filter, the latest first."""
        fits = [s for s in self.sessions.values() if s["org"] == org and self.passes(s, query)]
        return sorted(fits, key=lambda s: s["touched"], reverse=True)

    def passes(self, session: Doc, query: Doc) -> bool:
        """Whether a session passes every filter."""
        return all(self.filters(session, query).values())

    def state(self, session: Doc) -> str:
        """The word for a session's state."""
        return "active" if session["reason"] is None else self.choices["final"]

    def filters(self, session: Doc, query: Doc) -> dict[str, bool]:
        """Each filter that the query has, and whether the session passes it."""
        passed = {"state": query["state"] in ("all", self.state(session))}
        if "agent_id" in query:
            passed["agent_id"] = session["agent"] == query["agent_id"]
        if "channel" in query:
            passed["channel"] = session["channel"] == query["channel"]
        if "updated_after" in query:
            passed["updated_after"] = self.later(session, read(query["updated_after"]) or 0)
        return passed

    def later(self, session: Doc, instant: int) -> bool:
        """Whether the session was active after the instant."""
        return bool(session["touched"] > instant)

    # Turns

    async def submit(self, session: Doc, order: Doc) -> Doc:
        """One round, or the answer that its key had before."""
        key = self.key(session, order)
        if key is not None and key in session["running"] and self.choices["key_in_flight"] == "409":
            raise RefusedError(409, "That key is being worked on.")
        if (earlier := self.recall(session, key, order)) is not None:
            return earlier
        self.require_active(session)
        session["running"].add(key)
        try:
            async with session["lock"]:
                return self.recall(session, key, order) or await self.run(session, key, order)
        finally:
            session["running"].discard(key)

    def key(self, session: Doc, order: Doc) -> str | None:
        """The key that tells this turn from others; None for a turn of its own."""
        key: str | None = order.get("idempotency_key")
        return key

    def recall(self, session: Doc, key: str | None, order: Doc) -> Doc | None:
        """The answer kept under the key."""
        if key is None or key not in session["answers"]:
            return None
        if session["reason"] is not None and self.choices["late_replay"]:
            raise RefusedError(self.choices["late_replay"], "This conversation is over.")
        answer: Doc = session["answers"][key]
        if answer["content"] != order["content"] and self.choices["key_reuse"] == "refuse":
            raise RefusedError(422, "That key belongs to another message.")
        if self.choices["replay_state"] == "now":
            return answer | {"final": session["reason"] is not None}
        return answer

    def require_active(self, session: Doc) -> None:
        """Refuse a turn on a final session."""
        if session["reason"] is not None:
            raise RefusedError(self.choices["final_submit"], "This conversation is over.")

    async def run(self, session: Doc, key: str | None, order: Doc) -> Doc:
        """A round of its own: the agent is asked, and what was said is kept."""
        self.require_active(session)
        question = said("user", order["content"], self.clock.tick())
        await self.think()
        self.require_active(session)  # an end may have come while the agent thought
        replies, done = self.ask(session, order)
        return self.record(session, key, question, replies, done)

    async def think(self) -> None:
        """Take the time that an agent takes."""
        await asyncio.sleep(self.delay)

    def ask(self, session: Doc, order: Doc) -> tuple[list[Doc], bool]:
        """The agent's turns, and whether it finishes the session."""
        own = order.get("additional_data") or {}
        data = session["data"] | {k: v for k, v in own.items() if k not in RESERVED}
        count = len(session["log"]) if self.choices["replies"] == "counted" else None
        return agents.answer(session["agent"], order["content"], data, count)

    def record(
        self, session: Doc, key: str | None, question: Doc, replies: list[Doc], done: bool
    ) -> Doc:
        """Keep a round: transcript, activity, answer, and the finish if it is one."""
        now = self.clock.tick()
        turns = [said("assistant", r["content"], now, r["calls"]) for r in replies]
        self.append(session, question, turns)
        if done or not self.choices["quiet_turn"]:
            self.touch(session, now)
        answer = {"turns": turns, "final": done, "content": question["content"]}
        if key is not None and (done or not self.choices["forgetful"]):
            session["answers"][key] = answer
        if done:
            self.finish(session, self.choices["finished"])
        return answer

    def append(self, session: Doc, question: Doc, turns: list[Doc]) -> None:
        """Add a round to the transcript."""
        session["log"] += [question, *turns]

    def touch(self, session: Doc, now: int) -> None:
        """Note that something was said."""
        session["touched"] = now

    # Finishing

    async def end(self, session: Doc, note: str | None) -> Doc:
        """The session, final; the note is kept for the operators."""
        if session["reason"] is not None and self.choices["late_end"]:
            raise RefusedError(self.choices["late_end"], "This conversation is over already.")
        if self.choices["end_during_turn"] == "wait":
            async with session["lock"]:
                self.finish(session, self.choices["ended"])
        else:
            self.finish(session, self.choices["ended"])
        if note is not None:
            session["notes"].append(note)
        return session

    def finish(self, session: Doc, reason: str) -> None:
        """Make a session final, once; what follows a finish is told of it once."""
        if session["reason"] is not None:
            return
        session["reason"] = reason
        session["ended"] = self.clock.tick()
        if reason == self.choices["ended"] and self.choices["touch_on_end"] == "on":
            session["touched"] = session["ended"]
        self.release(session)
        for follow in self.on_finish:
            follow(session)

    def release(self, session: Doc) -> None:
        """Free the endpoint of a session."""
        if session["endpoint"] is not None:
            self.endpoints.pop(session["endpoint"], None)

    def sweep(self) -> None:
        """Finish every session that was silent for too long."""
        now = self.clock.now()
        for session in self.sessions.values():
            idle = session["reason"] is None and not session["lock"].locked()
            if idle and self.expired(session, now):
                self.finish(session, self.choices["expired"])

    def expired(self, session: Doc, now: int) -> bool:
        """Whether a session's timeout has passed."""
        ttl: int | None = session["ttl"]
        return ttl is not None and bool(session["touched"] + ttl * SECOND < now)


def said(role: str, content: str | None, at: int, calls: list[Doc] | None = None) -> Doc:
    """One message of a transcript."""
    return {"role": role, "content": content, "at": at, "calls": calls or []}
