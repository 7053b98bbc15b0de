"""Rules about an answer that no schema can state, judged as the contract words them."""

from collections.abc import Iterator
from typing import Any

from ..domain.instants import parse_instant
from ..problems.violations import describe_value, json_pointer, quote, violation

_ROLES = ("user", "assistant")
_Place = list[str | int]


def rule_violations(operation: str, value: Any) -> Iterator[dict[str, str]]:
    """What an answer's value breaks of MSG-02, MSG-03 and TIME-01."""
    if not isinstance(value, dict):
        return
    if operation == "listChats":
        items = value.get("items")
        for number, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict):
                yield from _session(item, ["items", number])
    elif operation != "searchCallResults":
        yield from _session(value, [])
        if operation == "getChat":
            yield from _order(value)


def _session(value: dict[str, Any], place: _Place) -> Iterator[dict[str, str]]:
    for number, message in enumerate(_messages(value)):
        role = message.get("role")
        if isinstance(role, str) and role not in _ROLES:
            detail = f"wanted the role user or assistant (MSG-02), got {quote(role)}"
            yield _found([*place, "messages", number, "role"], detail)
    created, latest = _instant(value.get("created_time")), _instant(value.get("last_activity"))
    if created is not None and latest is not None and latest < created:
        got = describe_value(value["last_activity"])
        detail = f"wanted no time before created_time (TIME-01), got {got}"
        yield _found([*place, "last_activity"], detail)


def _order(value: dict[str, Any]) -> Iterator[dict[str, str]]:
    before: int | None = None
    for number, message in enumerate(_messages(value)):
        at = _instant(message.get("time"))
        if at is not None and before is not None and at < before:
            got = describe_value(message["time"])
            detail = f"wanted no time before the message before (MSG-03), got {got}"
            yield _found(["messages", number, "time"], detail)
        before = at if at is not None else before


def _messages(value: dict[str, Any]) -> list[dict[str, Any]]:
    messages = value.get("messages")
    if not isinstance(messages, list):
        return []
    return [message if isinstance(message, dict) else {} for message in messages]


def _instant(text: Any) -> int | None:
    try:
        return parse_instant(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _found(place: _Place, detail: str) -> dict[str, str]:
    return violation("response", json_pointer(place), detail)
