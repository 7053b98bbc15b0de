"""A mock under a steady load: first how fast it can be, then a long time at a part of that."""

from __future__ import annotations

import http.client
import itertools
import json
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from tests.fuzz.run import Server, serving
from tests.serving import CHATS, HEADERS, Api

WORKERS = 4
SHARE = 0.8  # of the capacity
CAPACITY_SECONDS = 5.0
PART_SECONDS = 15.0  # after which the state is cleared, as sessions are kept by nature
MOST_SLOWER = 1.5  # times the p99 of the warm quarter
SLACK = 0.01  # seconds that a p99 may be longer in any case
MOST_GROWTH = 64.0  # megabytes over the same time
RULE = {"fault": "SERVER_ERROR", "status": 503, "probability": 0.1, "seed": 7}
ORDERED = 503
FOLLOWING = (404, 409)  # what a story is answered that goes on after such a one

JSON = {**HEADERS, "Content-Type": "application/json"}
STORY = (
    ("POST", CHATS, b'{"agent_id": "agent-echo"}'),
    ("POST", f"{CHATS}/{{id}}/messages", b'{"content": "Hello"}'),
    ("GET", f"{CHATS}/{{id}}", b""),
    ("GET", f"{CHATS}?take=5", b""),
    ("POST", f"{CHATS}/{{id}}/messages", b'{"content": "And again"}'),
    ("POST", f"{CHATS}/{{id}}/end", b"{}"),
)


@dataclass(frozen=True)
class Part:
    """What one part of the time came to: the p99 in seconds, and the memory at its end."""

    p99: float
    megabytes: float

    @classmethod
    def of(cls, seconds: list[float], megabytes: float) -> Part:
        return cls(sorted(seconds)[int(len(seconds) * 0.99)], megabytes)


@dataclass
class Figures:
    """What a run with faults off or on came to."""

    faulty: bool
    capacity: float = 0.0  # requests a second
    statuses: Counter[int] = field(default_factory=Counter)
    parts: list[Part] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def compared(self) -> tuple[Part, Part]:
        """The second quarter, when all is warm, and the last: of each the median of its parts."""
        quarter = max(1, len(self.parts) // 4)
        warm = self.parts[quarter : 2 * quarter] or self.parts
        return _median(warm), _median(self.parts[-quarter:])


class Load:
    """Clients that together keep a pace for so long; 0 is as fast as they are answered."""

    def __init__(self, url: str, rate: float, seconds: float) -> None:
        self.url = url
        self.pause = WORKERS / rate if rate else 0.0
        self.ends_at = time.monotonic() + seconds
        self.seen: list[tuple[int, float]] = []
        threads = [threading.Thread(target=self._work) for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        due = time.monotonic()
        with closing(http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=20)) as wire:
            opened = ""
            for method, path, body in itertools.cycle(STORY):
                if time.monotonic() >= self.ends_at:
                    return
                due += self.pause
                time.sleep(max(0.0, due - time.monotonic()))
                opened = self._ask(wire, method, path.replace("{id}", opened), body) or opened

    def _ask(self, wire: http.client.HTTPConnection, method: str, path: str, body: bytes) -> str:
        """Send a request; gives the id of a session that it opened."""
        begun = time.monotonic()
        try:
            wire.request(method, path, body, JSON if body else HEADERS)
            with wire.getresponse() as answer:
                status, text = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            wire.close()
            status, text = 0, b""
        self.seen.append((status, time.monotonic() - begun))
        return str(json.loads(text)["id"]) if status == 201 else ""


def _median(parts: list[Part]) -> Part:
    return Part(median(p.p99 for p in parts), median(p.megabytes for p in parts))


def measure(seconds: float) -> Iterator[Figures]:
    """Half of the time with faults off, half with faults on."""
    for faulty in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            with serving(Path(folder) / "mock.log") as server, Api.at(server.url) as api:
                yield _soak(api, server, seconds / 2, Figures(faulty))


def _soak(api: Api, server: Server, seconds: float, figures: Figures) -> Figures:
    figures.capacity = len(Load(server.url, 0.0, CAPACITY_SECONDS).seen) / CAPACITY_SECONDS
    ends_at = time.monotonic() + seconds
    while (left := ends_at - time.monotonic()) > 0:
        _clear(api, faulty=figures.faulty)
        load = Load(server.url, figures.capacity * SHARE, min(PART_SECONDS, left))
        _clear(api, faulty=False)
        figures.statuses.update(status for status, _ in load.seen)
        figures.parts.append(Part.of([taken for _, taken in load.seen], server.state()[0]))
    figures.faults = [*_faults(figures, server)]
    return figures


def _clear(api: Api, *, faulty: bool) -> None:
    api.steer("POST", "/reset")
    api.steer("DELETE", "/requests")
    if faulty:
        api.steer("POST", "/faults", json=RULE)


def _faults(figures: Figures, server: Server) -> Iterator[str]:
    for status, count in figures.statuses.items():
        ordered = figures.faulty and status in (ORDERED, *FOLLOWING)
        if not (200 <= status < 300 or ordered):
            yield f"{count} answers of status {status}"
    first, last = figures.compared
    if last.p99 > MOST_SLOWER * first.p99 + SLACK:
        yield f"p99 of {last.p99:.3f} s, after {first.p99:.3f} s"
    if last.megabytes > first.megabytes + MOST_GROWTH:
        yield f"{last.megabytes:.0f} MB, after {first.megabytes:.0f} MB"
    if "Traceback" in server.log.read_text("utf-8", "replace"):
        yield "a traceback in the log"
