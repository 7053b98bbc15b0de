"""What a client knows of one session: what was acknowledged, and what it is in doubt about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Turn:
    """A text that was sent with a key, and its answer; None when none came."""

    content: str
    key: str
    answer: dict[str, Any] | None = None


@dataclass
class Story:
    """A session that was acknowledged, with its turns in order.

    `final` is the acknowledged end; `in_doubt` says that an end was asked for and not answered.
    """

    session: dict[str, Any]
    turns: list[Turn] = field(default_factory=list)
    final: dict[str, Any] | None = None
    in_doubt: bool = False

    @property
    def id(self) -> str:
        return str(self.session["id"])

    @property
    def acknowledged(self) -> int:
        """How many answers the client has: the open, turns, the end."""
        return 1 + sum(turn.answer is not None for turn in self.turns) + (self.final is not None)
