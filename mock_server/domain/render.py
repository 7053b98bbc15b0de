"""Domain values as the contract writes them, under the open choices."""

from collections.abc import Mapping
from typing import Any

from .instants import format_instant
from .resource import Resource
from .session import Message, Session, TurnResult


class Renderer:
    """Turns sessions, pages and turns into JSON values, by the names that the contract has."""

    def __init__(self, choices: Mapping[str, str], resource: Resource) -> None:
        self.choices, self.resource = choices, resource
        members, state, timer = resource.members, resource.state, resource.timer
        self.identity, self.agent, self.channel = (
            members.get(name) for name in ("identity", "agent", "channel")
        )
        self.transcript, self.created = members["transcript"], members["created"]
        self.timeout, self.activity = timer.get("after"), timer.get("since")
        self.state = state["member"]
        self.mirror, self.reason = (state.get(name) for name in ("mirror", "reason"))
        self.shown = resource.shown
        self.final = frozenset(state["final"])
        self.items, self.total = resource.list["items"], resource.list["total"]
        self.offset, self.limit = (resource.list["page"][name] for name in ("offset", "limit"))
        self.time_format = choices["time_format"]
        message = resource.message
        self.role, self.text, self.time = (message[name] for name in ("role", "text", "time"))
        self.calls = message.get("calls", "")
        self.tool_calls = choices["tool_calls"] if self.calls else "absent"
        self.speakers = {"user": message["user"], "assistant": message.get("agent", "")}
        self.upper = choices["uuid_case"] == "upper"

    def session(self, session: Session) -> dict[str, Any]:
        further = {name: session.members.get(name, self.shown[name]) for name in self.shown}
        told = {
            self.identity: self.identifier(session.id),
            self.agent: session.agent_id,
            self.channel: session.channel,
            self.transcript: [self.message(message) for message in session.messages],
            self.created: self.instant(session.created),
            self.activity: self.instant(session.last_activity),
            self.timeout: session.ttl_seconds,
            self.mirror: session.state in self.final,
            self.state: session.state,
            self.reason: session.final_reason,
            **further,
        }
        told.pop(None, None)  # what the contract has no name for
        return told

    def listed(self, session: Session) -> dict[str, Any]:
        item = self.session(session)
        left_out = self.choices["listed_messages"] == "null"
        return {**item, self.transcript: None} if left_out else item

    def page(self, sessions: list[Session], total: int, skip: int, take: int) -> dict[str, Any]:
        items = [self.listed(session) for session in sessions]
        return {self.items: items, self.total: total, self.offset: skip, self.limit: take}

    def turn(self, result: TurnResult) -> dict[str, Any]:
        """What a submit is answered with."""
        told = {
            self.transcript: [self.message(message) for message in result.messages],
            self.mirror: result.state in self.final,
            self.state: result.state,
        }
        told.pop(None, None)
        return told

    def message(self, message: Message) -> dict[str, Any]:
        rendered: dict[str, Any] = {
            self.role: self.speakers[message.role],
            self.text: message.content,
        }
        if message.tool_calls:
            rendered[self.calls] = message.tool_calls
        elif self.tool_calls != "absent":
            rendered[self.calls] = [] if self.tool_calls == "empty" else None
        rendered[self.time] = self.instant(message.time)
        return rendered

    def call_results(self, rows: list[dict[str, Any]], total: int, size: int) -> dict[str, Any]:
        names = self.resource.result
        page = {names.items: rows, names.total: total, names.pages: -(-total // size)}
        page.pop("", None)
        return page

    def identifier(self, session_id: str) -> str:
        """An id in the chosen case."""
        return session_id.upper() if self.upper else session_id

    def instant(self, instant: int) -> str:
        """An instant in the chosen style."""
        return format_instant(instant, self.time_format)
