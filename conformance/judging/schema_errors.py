"""How a body does not fit its schema: each member that is missing, unknown or wrong, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .outcomes import Violation, shown

NAMED = 5  # members that are told by name


def violation_of(errors: Sequence[Any], at: Sequence[str | int] = ()) -> Violation:
    """The violation that these schema errors are, each with a pointer. What they are of lies
    in the body `at` a place."""
    told = [_words(error, [*at, *error.instance_path]) for error in errors[:NAMED]]
    more = [f"{len(errors) - NAMED} more"] if len(errors) > NAMED else []
    wanted = dict.fromkeys(wanted for wanted, _ in told)
    return Violation("; ".join(wanted), "; ".join([got for _, got in told] + more))


def _words(error: Any, path: list[str | int]) -> tuple[str, str]:
    """What the schema wants at one place, and what is there."""
    kind, place = error.kind, _pointer(path) or "the body"
    if kind.name == "required":
        missing = _pointer([*path, kind.property])
        return f"the member {missing}", f"{missing} is missing"
    if kind.name == "additionalProperties":
        unknown = [_pointer([*path, name]) for name in kind.unexpected]
        return f"no unknown member in {place}", f"{', '.join(unknown[:NAMED])} in it"
    if kind.name == "type":
        return f"{place} of type {' or '.join(kind.types)}", f"{place} {shown(error.instance)}"
    return f"{place} as the contract has it", f"{place}: {shown(error.message)}"


def _pointer(path: Iterable[str | int]) -> str:
    """The JSON Pointer of RFC 6901."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
