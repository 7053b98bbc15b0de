"""How large the transcript of a session may grow."""

from collections.abc import Iterable
from typing import Any

from ..codec import encode

MOST_MESSAGES = 5_000
MOST_CHARACTERS = 4 * 1024 * 1024
BOUND = f"{MOST_MESSAGES} messages and {MOST_CHARACTERS} characters"


class Room:
    """What a transcript takes, message by message."""

    def __init__(self) -> None:
        self.messages = self.characters = 0

    def takes(self, content: str | None, calls: Any) -> bool:
        """Whether there is room for one more, of this content and these tool calls."""
        self.messages += 1
        self.characters += len(content or "") + (len(encode(calls)) if calls else 0)
        return self.messages <= MOST_MESSAGES and self.characters <= MOST_CHARACTERS


def is_too_large(messages: Iterable[tuple[str | None, Any]]) -> bool:
    """Whether a transcript of these, each with its content and tool calls, is too large."""
    room = Room()
    return not all(room.takes(*message) for message in messages)
