"""Rules about an answer that no schema can state, judged as the contract words them."""

from collections.abc import Iterator
from typing import Any

from ..domain.instants import parse_instant
from ..domain.resource import Resource
from ..problems.violations import describe_value, json_pointer, quote, violation

_Place = list[str | int]


class AnswerRules:
    """The rules, by the names that the contract gives its operations and members."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        message = resource.message
        self.role, self.time = message["role"], message["time"]
        self.roles = [message[who] for who in ("user", "agent") if who in message]

    def violations(self, operation: str, value: Any) -> Iterator[dict[str, str]]:
        """What an answer's value breaks of MSG-02, MSG-03 and TIME-01."""
        role = self.resource.roles.get(operation)
        if not isinstance(value, dict):
            return
        if role == "list":
            name = self.resource.list["items"]
            items = value.get(name)
            for number, item in enumerate(items if isinstance(items, list) else ()):
                if isinstance(item, dict):
                    yield from self._session(item, [name, number])
        elif role != "search":
            yield from self._session(value, [])
            if role == "read":
                yield from self._order(value)

    def _session(self, value: dict[str, Any], place: _Place) -> Iterator[dict[str, str]]:
        created = self.resource.members["created"]
        since = self.resource.timer.get("since", created)
        for at, message in self._messages(value):
            role = message.get(self.role)
            if isinstance(role, str) and role not in self.roles:
                detail = f"wanted the role {' or '.join(self.roles)} (MSG-02), got {quote(role)}"
                yield _found([*place, *at, self.role], detail)
        begun, latest = _instant(value.get(created)), _instant(value.get(since))
        if begun is not None and latest is not None and latest < begun:
            got = describe_value(value[since])
            detail = f"wanted no time before {created} (TIME-01), got {got}"
            yield _found([*place, since], detail)

    def _order(self, value: dict[str, Any]) -> Iterator[dict[str, str]]:
        before: int | None = None
        for place, message in self._messages(value):
            at = _instant(message.get(self.time))
            if at is not None and before is not None and at < before:
                got = describe_value(message[self.time])
                detail = f"wanted no time before the message before (MSG-03), got {got}"
                yield _found([*place, self.time], detail)
            before = at if at is not None else before

    def _messages(self, value: dict[str, Any]) -> Iterator[tuple[_Place, dict[str, Any]]]:
        name = self.resource.members["transcript"]
        messages = value.get(name)
        for number, message in enumerate(messages if isinstance(messages, list) else ()):
            if isinstance(message, dict):
                yield [name, number], message


def _instant(text: Any) -> int | None:
    try:
        return parse_instant(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _found(place: _Place, detail: str) -> dict[str, str]:
    return violation("response", json_pointer(place), detail)
