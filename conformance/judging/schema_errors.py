"""How a body does not fit its schema: each member that is missing, unknown or wrong, in words."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..contract.pointer import pointer
from ..contract.validator import Validator
from .outcomes import Violation, shown

NAMED = 5  # errors and members that are named
Place = Sequence[str | int]


class SchemaErrors:
    """The errors of one body, which lies `at` a place of the answer, grouped by their place.

    A group is the name of the member that an error lies in; `MISSING` and `UNKNOWN` members of
    the body itself, and what is wrong within a `MESSAGE` of the transcript, are groups of their
    own.
    """

    MISSING, UNKNOWN, MESSAGE = "(missing)", "(unknown)", "(message)"

    def __init__(
        self, validator: Validator, body: Any, at: Place = (), transcript: str = ""
    ) -> None:
        self.at = at
        self.groups: dict[str, list[Any]] = {}
        for error in validator.errors(body):
            group = _group(error.instance_path, error.kind.name, transcript)
            self.groups.setdefault(group, []).append(error)

    def expect_none(self, *groups: str) -> None:
        """Raise Violation with the errors of these groups."""
        self._expect(group for group in self.groups if group in groups)

    def expect_none_but(self, *groups: str) -> None:
        """Raise Violation with the errors of all groups but these."""
        self._expect(group for group in self.groups if group not in groups)

    def _expect(self, groups: Iterable[str]) -> None:
        if errors := [error for group in groups for error in self.groups[group]]:
            raise violation_of(errors, self.at)


def violation_of(errors: Sequence[Any], at: Place = ()) -> Violation:
    """The violation that these schema errors are, each with a pointer. What they are of lies
    in the body `at` a place."""
    words = [_words(error, [*at, *error.instance_path]) for error in errors[:NAMED]]
    more = [f"{len(errors) - NAMED} more"] if len(errors) > NAMED else []
    expected = dict.fromkeys(expected for expected, _ in words)
    return Violation("; ".join(expected), "; ".join([actual for _, actual in words] + more))


def _group(path: list[str | int], keyword: str, transcript: str) -> str:
    if not path:
        return {
            "required": SchemaErrors.MISSING,
            "additionalProperties": SchemaErrors.UNKNOWN,
        }.get(keyword, "")
    return SchemaErrors.MESSAGE if path[0] == transcript and len(path) > 1 else str(path[0])


def _words(error: Any, path: list[str | int]) -> tuple[str, str]:
    """What the schema wants at one place, and what is there."""
    kind, place = error.kind, pointer(path) or "the body"
    if kind.name == "required":
        missing = pointer([*path, kind.property])
        return f"the member {missing}", f"{missing} is missing"
    if kind.name == "additionalProperties":
        unknown = [pointer([*path, name]) for name in kind.unexpected[:NAMED]]
        return f"no unknown member in {place}", f"{', '.join(unknown)} in it"
    if kind.name == "type":
        return f"{place} of type {' or '.join(kind.types)}", f"{place} {shown(error.instance)}"
    return f"{place} as the contract has it", f"{place}: {shown(error.message)}"
