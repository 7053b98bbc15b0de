"""When two answers say the same thing: what a deployment may legally word in two ways.

Offsets, the precision of a time (a store often keeps less than the first answer showed), the
case of a UUID, and the three ways to say "no tool calls".
"""

import re
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from ..contract.ids import canonical
from ..contract.messages import Messages
from ..contract.resource import Resource
from .outcomes import Blocked, expect, shown

FRACTION = re.compile(r"\.(\d+)")


def instant(text: object) -> datetime:
    """An RFC 3339 instant, or Blocked where it is none, which other rules report."""
    try:
        moment = datetime.fromisoformat(str(text).upper().replace(":60", ":59"))
    except ValueError:
        raise Blocked(f"{shown(text)} is no date-time, of which another rule tells") from None
    if moment.tzinfo is None:
        raise Blocked(f"{shown(text)} has no offset, of which another rule tells")
    return moment


def tick(*texts: object) -> timedelta:
    """The coarsest precision among these times: 1 s, 1 ms, 1 µs…, trailing zeros not counted."""
    digits = min(len(_fraction(str(text))) for text in texts)
    return timedelta(seconds=10.0 ** -min(digits, 6))


def is_whole(value: object) -> TypeGuard[float]:
    """Whether it is an integer as JSON Schema has them: 60 and 60.0 are the same number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0


def same_time(one: object, other: object) -> bool:
    """Equal but for rounding to the coarser precision of the two."""
    try:
        return abs(instant(one) - instant(other)) < tick(one, other) + _cut(one, other)
    except Blocked:
        return one == other


def goes_back(earlier: object, later: object) -> bool:
    """Whether `later` lies before `earlier` by more than rounding explains. Times that
    cannot be read go nowhere: another rule reports them."""
    try:
        return instant(earlier) - instant(later) >= tick(earlier, later) + _cut(earlier, later)
    except Blocked:
        return False


def same_id(one: object, other: object) -> bool:
    return canonical(one) == canonical(other)


def reordered(value: Any) -> Any:
    """The same JSON with the keys of every object in the opposite order."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(list(value))}
    return value


def same_messages(resource: Resource, one: Any, other: Any) -> bool:
    """The same messages in the same order; a transcript left out twice is the same too."""
    if one is None and other is None:
        return True
    if not isinstance(one, list) or not isinstance(other, list) or len(one) != len(other):
        return False
    names = resource.messages
    return all(_same_message(names, *pair) for pair in zip(one, other, strict=True))


def change(resource: Resource, before: dict[str, Any], now: dict[str, Any]) -> str | None:
    """The first member of an earlier sight that is another now, in words; what that sight lacks
    may be anything."""
    for member, one in before.items():
        other = now.get(member)
        if not same_member(resource, member, one, other):
            return f"{member} {shown(one, 120)} and {shown(other, 120)}"
    return None


def expect_same(
    resource: Resource,
    before: dict[str, Any],
    now: dict[str, Any],
    wanted: str = "the session as it was",
) -> None:
    """Raise Violation where a member of an earlier sight is another now."""
    differs = change(resource, before, now)
    expect(differs is None, wanted, f"it differs in {differs}")


def same_member(resource: Resource, member: str, one: Any, other: Any) -> bool:
    """The same value of a session's member."""
    if member == resource.transcript:
        return same_messages(resource, one, other)
    if member in (resource.created, resource.touched):
        return same_time(one, other)
    return same_id(one, other) if member == resource.id else bool(one == other)


def _same_message(names: Messages, one: Any, other: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return bool(one == other)
    return (
        one.get(names.role) == other.get(names.role)
        and names.text_of(one) == names.text_of(other)
        and names.calls_of(one) == names.calls_of(other)
        and same_time(one.get(names.time), other.get(names.time))
    )


def _cut(*texts: object) -> timedelta:
    """What is lost where a time tells more than the microseconds that are compared."""
    longest = max(len(_fraction(str(text))) for text in texts)
    return timedelta(microseconds=1 if longest > 6 else 0)


def _fraction(text: str) -> str:
    found = FRACTION.search(text)
    return found.group(1).rstrip("0") if found else ""
