"""The journal: what was asked in a sandbox and what was answered, the latest of it."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, count
from sys import getsizeof
from typing import Any
from urllib.parse import unquote_plus
from weakref import WeakSet

import orjson

from ..domain.instants import format_instant

_ENTRY_BYTES = 1000  # about what an entry takes beside its texts
# A header or a parameter holds a secret if one of these is in its name, as X-Access-Token has it.
_SECRET = re.compile(
    r"auth(?!enticate$)|bearer|cookie|token|secret|passw|passphrase|passcode|pwd|credential"
    r"|session-?_?id|signature|jwt|assertion|(?:api|access|account|private|shared)[-_]?key"
    r"|(?<![a-z0-9])(?:key|otp|pin|sig)(?![a-z0-9])",
    re.IGNORECASE,
)
_WORDS = re.compile(r"([?&;#])([^=&;#]*)=([^&;#]*)")
_REDACTED = "[redacted]"
_Headers = Iterable[tuple[bytes, bytes]]


class Entry:
    """One exchange. `status` stays 0 for a request that got no answer.

    `violations` is a JSON array of what breaks the contract in it, None where nobody looked.
    """

    id = 0
    body = b""
    operation: str | None = None
    status = 0
    answer_headers = b""
    answer = b""
    seconds = 0.0
    violations: bytes | None = None

    def __init__(self, scope: Any, at: int, request_id: str) -> None:
        self.at = at
        self.request_id = request_id
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: bytes = scope["query_string"]
        self.headers = pack(scope["headers"])

    @property
    def url(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query.decode('latin-1')}" if self.query else self.path

    def size(self) -> int:
        """About how much memory it takes, in bytes."""
        texts = (self.query, self.headers, self.body, self.answer_headers, self.answer)
        told = len(self.violations or b"")
        return _ENTRY_BYTES + getsizeof(self.path) + sum(map(len, texts)) + told

    def document(self) -> dict[str, Any]:
        """The entry as WireMock tells it, secrets left out."""
        violations = {"violations": orjson.loads(self.violations)} if self.violations else {}
        return {
            "id": str(self.id),
            "wasMatched": self.operation is not None,
            "operationId": self.operation,
            "requestId": self.request_id,
            "request": {
                "method": self.method,
                "url": _WORDS.sub(_redacted, self.url),
                "headers": _shown(self.headers),
                "body": self.body.decode("utf-8", "replace"),
                "loggedDate": self.at // 1000,
                "loggedDateString": format_instant(self.at, "micro"),
            },
            "response": {
                "status": self.status,
                "headers": _shown(self.answer_headers),
                "body": self.answer.decode("utf-8", "replace"),
            },
            "timing": {"totalTime": round(self.seconds * 1000, 3)},
            **violations,
        }


class Journal:
    """A ring that holds at most `most` entries and about `limit` bytes; 0 entries: none."""

    def __init__(self, most: int, limit: int, together: "Journals | None" = None) -> None:
        self.most = most
        self.limit = limit
        self.bytes = 0
        self._together = together or Journals()
        self._together.all.add(self)
        self._entries: deque[tuple[Entry, int]] = deque()
        self._ids = count(1)

    def __iter__(self) -> Iterator[Entry]:
        return (entry for entry, _ in self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry) -> None:
        """Hold an entry; the oldest make room."""
        entry.id = next(self._ids)
        size = entry.size()
        self._entries.append((entry, size))
        self.bytes += size
        while len(self._entries) > self.most or self.bytes > self.limit:
            self.forget_oldest()
        self._together.make_room(size)

    def forget_oldest(self) -> None:
        self.bytes -= self._entries.popleft()[1]

    def clear(self) -> None:
        self._entries.clear()
        self.bytes = 0


class Journals:
    """The journals of all sandboxes: together they hold at most about `limit` bytes."""

    def __init__(self, limit: int = 64 * 1024 * 1024) -> None:
        self.limit = limit
        self.all: WeakSet[Journal] = WeakSet()
        self._bytes = 0  # at most so many; what was forgotten since is counted too

    def make_room(self, size: int) -> None:
        """After so many bytes more: where that is too much, the largest forget their oldest,
        and a little more than they must, so that not every request has them counted."""
        self._bytes += size
        if self._bytes <= self.limit:
            return
        self._bytes = sum(journal.bytes for journal in self.all)
        while self._bytes > self.limit - self.limit // 16:
            largest = max(self.all, key=lambda journal: journal.bytes)
            before = largest.bytes
            largest.forget_oldest()
            self._bytes += largest.bytes - before


def pack(headers: _Headers) -> bytes:
    """Headers as one text: it is cheaper to keep than many, for the garbage collector above all."""
    return b"\n".join(chain.from_iterable(headers))


def _redacted(parameter: re.Match[str]) -> str:
    start, name, value = parameter.groups()
    secret = _SECRET.search(unquote_plus(unquote_plus(name)))
    return f"{start}{name}={_REDACTED if secret else value}"


def _shown(packed: bytes) -> dict[str, str]:
    """The values by name; those of a repeated header joined, as RFC 9110 has it."""
    shown: dict[str, str] = {}
    parts = iter(packed.split(b"\n") if packed else ())
    for raw_name, raw in zip(parts, parts, strict=True):
        name = raw_name.decode("latin-1")
        text = _WORDS.sub(_redacted, raw.decode("latin-1"))  # Referer and Location hold URLs
        value = _REDACTED if _SECRET.search(name) else text
        shown[name] = f"{shown[name]}, {value}" if name in shown else value
    return shown
