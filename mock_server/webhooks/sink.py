"""A sink: somewhere for webhooks to go, where a test can read them."""

from collections import deque

from ..problems.kinds import Problem
from ..problems.violations import quote

_NAMES = 100
_KEPT = 100
_BYTES = 8 * 1024 * 1024


class Sink:
    """The latest requests under each name, as JSON; the names and the bytes of all are bounded."""

    def __init__(self) -> None:
        self.received: dict[str, deque[bytes]] = {}
        self.bytes = 0

    def put(self, name: str, received: bytes) -> None:
        """Keep a request; older ones make room. Raises Problem when there are too many names."""
        if name not in self.received and len(self.received) >= _NAMES:
            detail = f"There are {_NAMES} sinks already; {quote(name)} is one too many."
            raise Problem("too-many-sinks", detail)
        own = self.received.setdefault(name, deque())
        own.append(received)
        self.bytes += len(received)
        if len(own) > _KEPT:
            self.forget_oldest(own)
        for kept in (own, *self.received.values()):
            while self.bytes > _BYTES and len(kept) > (kept is own):
                self.forget_oldest(kept)

    def forget_oldest(self, kept: deque[bytes]) -> None:
        self.bytes -= len(kept.popleft())

    def take(self, name: str) -> list[bytes]:
        """What is kept under a name, the oldest first."""
        return [*self.received.get(name, ())]

    def clear(self, name: str | None = None) -> None:
        """Forget what is kept under a name, or everything."""
        for gone in [*self.received] if name is None else [name]:
            self.bytes -= sum(map(len, self.received.pop(gone, ())))
