"""Domain values as the contract writes them, under the open choices."""

from collections.abc import Mapping
from typing import Any

from .instants import format_instant
from .session import Message, Session, TurnResult


class Renderer:
    """Turns sessions, pages and turns into JSON values."""

    def __init__(self, choices: Mapping[str, str]) -> None:
        self.choices = choices
        self.time_format = choices["time_format"]
        self.tool_calls = choices["tool_calls"]
        self.upper = choices["uuid_case"] == "upper"

    def session(self, session: Session) -> dict[str, Any]:
        """The ten members of a session."""
        return {
            "id": self.identifier(session.id),
            "agent_id": session.agent_id,
            "channel": session.channel,
            "messages": [self.message(message) for message in session.messages],
            "created_time": self.instant(session.created),
            "last_activity": self.instant(session.last_activity),
            "ttl_seconds": session.ttl_seconds,
            "is_final": session.is_final,
            "status": session.state,
            "final_reason": session.final_reason,
        }

    def listed(self, session: Session) -> dict[str, Any]:
        """A session as an item of a list."""
        item = self.session(session)
        return {**item, "messages": None} if self.choices["listed_messages"] == "null" else item

    def page(self, sessions: list[Session], total: int, skip: int, take: int) -> dict[str, Any]:
        """One page of a list."""
        items = [self.listed(session) for session in sessions]
        return {"items": items, "total_count": total, "skip": skip, "take": take}

    def turn(self, result: TurnResult) -> dict[str, Any]:
        """What a submit is answered with."""
        return {
            "messages": [self.message(message) for message in result.messages],
            "is_final": result.state == "final",
            "status": result.state,
        }

    def message(self, message: Message) -> dict[str, Any]:
        """One message of a transcript."""
        rendered: dict[str, Any] = {"role": message.role, "content": message.content}
        if message.tool_calls:
            rendered["tool_calls"] = message.tool_calls
        elif self.tool_calls != "absent":
            rendered["tool_calls"] = [] if self.tool_calls == "empty" else None
        rendered["time"] = self.instant(message.time)
        return rendered

    def call_results(self, rows: list[dict[str, Any]], total: int, size: int) -> dict[str, Any]:
        """One page of call results."""
        return {"results": rows, "totalCount": total, "totalPages": -(-total // size)}

    def identifier(self, session_id: str) -> str:
        """An id in the chosen case."""
        return session_id.upper() if self.upper else session_id

    def instant(self, instant: int) -> str:
        """An instant in the chosen style."""
        return format_instant(instant, self.time_format)
