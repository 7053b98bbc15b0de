"""What a check can say: a violation, or why it could not be evaluated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

Outcome = Literal[
    "pass", "fail", "warn", "observed", "not-run", "not-selected", "not-applicable", "error"
]


class Violation(Exception):
    """The target broke the rule that the check is bound to."""

    def __init__(self, expected: str, actual: str) -> None:
        self.expected = printable(expected)
        self.actual = printable(actual)
        super().__init__(f"expected {self.expected}; got {self.actual}")


class Blocked(Exception):
    """The rule could not be evaluated: something that it builds on did not hold."""


class Hiccup(Blocked):
    """A gateway may have failed, not the target, and the request is not safe to repeat: the
    whole check is run once more, later."""


class NotApplicable(Exception):
    """The rule does not apply to this target, which has chosen another legal way."""


def expect(holds: bool, wanted: str, got: object) -> None:
    """Raise Violation with both sides in words, unless it holds."""
    if not holds:
        raise Violation(wanted, got if isinstance(got, str) else shown(got))


def printable(text: str) -> str:
    """The text with what could steer a terminal told as escapes."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )


def shown(value: Any, limit: int = 300) -> str:
    """A value in bounded words, as JSON where it is JSON."""
    import json

    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def listed(statuses: Iterable[int]) -> str:
    """Statuses in words: `400, 404 or 422`."""
    words = [str(status) for status in sorted(statuses)]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
