"""How large the transcript of a session may grow."""

from collections.abc import Iterable
from typing import Any

from ..codec import encode

MOST_MESSAGES = 5_000
MOST_CHARACTERS = 4 * 1024 * 1024
BOUND = f"{MOST_MESSAGES} messages and {MOST_CHARACTERS} characters"


def is_too_large(messages: Iterable[tuple[str | None, Any]]) -> bool:
    """Whether a transcript of these, each with its content and tool calls, is too large."""
    characters = 0
    for count, (content, calls) in enumerate(messages, 1):
        characters += len(content or "") + (len(encode(calls)) if calls else 0)
        if count > MOST_MESSAGES or characters > MOST_CHARACTERS:
            return True
    return False
