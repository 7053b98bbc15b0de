"""A sink: somewhere for webhooks to go, where a test can read them."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..problems.kinds import Problem
from ..problems.violations import quote

_NAMES = 100
_KEPT = 100


@dataclass(frozen=True, slots=True)
class Received:
    """One request that came in; `at` in microseconds since 1970."""

    at: int
    headers: Mapping[str, str]
    body: Any


class Sink:
    """The latest requests under each name; the names are bounded too."""

    def __init__(self) -> None:
        self.received: dict[str, deque[Received]] = {}

    def put(self, name: str, received: Received) -> None:
        """Keep a request. Raises Problem when there are too many names."""
        if name not in self.received and len(self.received) >= _NAMES:
            detail = f"There are {_NAMES} sinks already; {quote(name)} is one too many."
            raise Problem("too-many-sinks", detail)
        self.received.setdefault(name, deque(maxlen=_KEPT)).append(received)

    def take(self, name: str) -> list[Received]:
        """What is kept under a name, the oldest first."""
        return [*self.received.get(name, ())]

    def clear(self, name: str | None = None) -> None:
        """Forget what is kept under a name, or everything."""
        if name is None:
            self.received.clear()
        else:
            self.received.pop(name, None)
