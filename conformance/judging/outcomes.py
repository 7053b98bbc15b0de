"""What a check can say: a violation, or why it could not be evaluated."""

import json
import re
from collections.abc import Iterable
from typing import Any, Literal

from ..contract.words import listed as in_words

Outcome = Literal[
    "pass", "fail", "warn", "observed", "not-run", "not-selected", "not-applicable", "error"
]

# What moves a terminal's cursor, or turns the direction of a text.
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONGEST_TEXT = 10_000  # characters of one side of a violation
MOST_WRITTEN = 100_000  # characters of a value that are written down, to tell its length
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)


class Violation(Exception):
    """The target broke the rule that the check is bound to."""

    def __init__(self, expected: str, actual: str) -> None:
        self.expected = printable(_cut(expected, LONGEST_TEXT))
        self.actual = printable(_cut(actual, LONGEST_TEXT))
        super().__init__(f"expected {self.expected}; got {self.actual}")


class Blocked(Exception):
    """The rule could not be evaluated: something that it builds on did not hold, of which the rule
    to `see` tells, if any does."""

    def __init__(self, why: str, see: str = "") -> None:
        super().__init__(f"{why}, see {see}" if see else why)


class NotYet(Blocked):
    """What may still be starting gave no answer, or a gateway's."""


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
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )


def shown(value: Any, limit: int = 300) -> str:
    """A value in bounded words that steer no terminal, as JSON where it is JSON."""
    try:
        text = _written(value)
    except (TypeError, ValueError):
        text = repr(value)
    return printable(_cut(text, limit))


def _written(value: Any) -> str:
    """A value as JSON; of a large one only the beginning."""
    if not isinstance(value, dict | list):
        return _ENCODER.encode(value)
    parts, size = [], 0
    for part in _ENCODER.iterencode(value):
        parts.append(part)
        size += len(part)
        if size > MOST_WRITTEN:
            break
    return "".join(parts)


def _cut(text: str, limit: int) -> str:
    """The beginning of a long text, and how long the whole is."""
    if len(text) <= limit:
        return text
    length = f"{len(text)}" if len(text) <= MOST_WRITTEN else f"more than {MOST_WRITTEN}"
    return f"{text[:limit]}… ({length} characters)"


def listed(statuses: Iterable[int]) -> str:
    """Statuses in words: `400, 404 or 422`."""
    return in_words([str(status) for status in sorted(statuses)])
