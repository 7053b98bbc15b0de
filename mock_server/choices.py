"""The open choices of the contract, as switches: `--choice KEY=VALUE`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .problems.nearest import did_you_mean

_STATUS = re.compile(r"[45]\d\d")


class ChoiceError(ValueError):
    """A switch that does not exist, or a value that it does not take."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One switch: its legal values, the default first, and what it decides.

    Without values it takes a status of those that the contract has for it, its first by default.
    """

    values: tuple[str, ...]
    text: str

    @property
    def default(self) -> str:
        """The value in force when none is given."""
        return self.values[0] if self.values else ""

    @property
    def legal(self) -> str:
        """What it takes, in words."""
        return "|".join(self.values) or "STATUS"


CHOICES: Mapping[str, Choice] = {
    "duplicate_open": Choice(("reuse", "conflict"), "a second open of a busy endpoint"),
    "open_status": Choice(("201", "200"), "the status of a new session"),
    "final_submit": Choice((), "the status of a turn on a final session"),
    "malformed_id": Choice((), "the status of an id that is no UUID"),
    "ttl_range": Choice(("reject", "clamp"), "a ttl_seconds outside its range"),
    "take_range": Choice(("reject", "clamp"), "a take outside its range"),
    "invalid_status": Choice((), "the status of a request that breaks the contract"),
    "listed_messages": Choice(("full", "null"), "the transcripts in a list"),
    "tool_calls": Choice(("null", "empty", "absent"), "tool_calls of a message without any"),
    "greeting": Choice(("off", "on"), "whether every agent greets"),
    "error_body": Choice(("problem", "text", "empty"), "the body of an error"),
    "time_format": Choice(("micro", "seconds", "nano", "offset"), "how instants are written"),
    "uuid_case": Choice(("lower", "upper"), "how ids are written"),
    "turn_delay": Choice(("0", "1"), "seconds that every turn takes"),
    "end_without_body": Choice(("accept", "reject"), "an end without a body"),
    "call_result_delay": Choice(("0", "2"), "seconds until a call result is found"),
}


class Choices(dict[str, str]):
    """Every switch with its value; `made` are those that somebody has set."""

    def __init__(self, values: Mapping[str, str], made: Iterable[str] = ()) -> None:
        super().__init__(values)
        self.made = frozenset(made)


def parse_choices(pairs: Iterable[str] = ()) -> Choices:
    """Every switch with its value in force, after `KEY=VALUE` pairs.

    Raises ChoiceError, which names the nearest legal word and lists all of them.
    """
    made: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ChoiceError(f"wanted KEY=VALUE, got {pair!r}; such as open_status=200")
        if key not in CHOICES:
            raise ChoiceError(f"no choice {key!r}{_nearest(key, CHOICES)}")
        legal = CHOICES[key].values
        if legal and value not in legal:
            raise ChoiceError(f"{key} takes no {value!r}{_nearest(value, legal)}")
        if not legal and not _STATUS.fullmatch(value):
            raise ChoiceError(f"{key} takes no {value!r}; wanted the status of an error")
        made[key] = value
    return Choices({key: choice.default for key, choice in CHOICES.items()} | made, made)


def _nearest(word: str, legal: Iterable[str]) -> str:
    return f"{did_you_mean(word, legal) or '.'} Legal: {', '.join(legal)}"
