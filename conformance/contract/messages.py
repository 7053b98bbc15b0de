"""What a message of the transcript holds, by the names of `x-resource`."""

from dataclasses import dataclass
from typing import Any

from .results import Named


@dataclass(frozen=True)
class Messages:
    """The members of a message, and the roles of whoever speaks."""

    message: dict[str, str]

    role, text, calls, time = (
        Named(f"message.{part}") for part in ("role", "text", "calls", "time")
    )
    user, agent = Named("message.user"), Named("message.agent")

    @property
    def roles(self) -> tuple[str, ...]:
        """All roles that there are."""
        return tuple(role for role in (self.user, self.agent) if role)

    def text_of(self, message: Any) -> str:
        """What was said; null and absent are the empty text."""
        return str(message.get(self.text) or "") if isinstance(message, dict) else ""

    def calls_of(self, message: dict[str, Any]) -> list[Any]:
        """The tools called; null and absent are none."""
        return message.get(self.calls) or []
