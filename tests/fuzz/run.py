"""Sends the requests, and looks for what no request may bring about."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from tests.serving import COMMAND, Api, clean_environment

from .requests import API, PLANE, Maker

HANGS = 20.0  # seconds without an end of the answer
_HEAD = 4096
WORKERS = 4
ROUND = 1_000  # requests, after which the state is cleared
MOST_GROWTH = 64.0  # megabytes, of a process that is cleared, over the second half of its requests
MOST_DESCRIPTORS = 20
STATUS = re.compile(rb"\AHTTP/1\.1 (\d\d\d)")
STREAM = re.compile(rb"\AHTTP/1\.1 200 .*?\r\ncontent-type: text/event-stream", re.DOTALL | re.I)
DOORS = ("api", "plane", "proxy")


@dataclass
class Server:
    """A process that serves, and what it writes on stderr."""

    url: str
    process: psutil.Process
    log: Path

    def state(self) -> tuple[float, int]:
        """Megabytes and descriptors that it holds."""
        return self.process.memory_info().rss / 1e6, self.process.num_fds()


@dataclass
class Figures:
    """What one door's requests came to."""

    door: str
    made: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    seconds: float = 0.0
    growth: float = 0.0
    faults: list[str] = field(default_factory=list)


@contextmanager
def serving(log: Path, *words: str) -> Iterator[Server]:
    """The command with these words, as a process."""
    command = [sys.executable, *COMMAND, *words, "--json", "--port", "0"]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=clean_environment()
        )
    try:
        assert process.stdout
        url = str(json.loads(process.stdout.readline())["url"])
        yield Server(url, psutil.Process(process.pid), log)
    finally:
        process.terminate()
        process.communicate()


def measure(door: str, count: int, seed: int, folder: Path) -> Figures:
    """Send a door so many requests."""
    figures, begun = Figures(door), time.monotonic()
    with ExitStack() as stack:
        mock = server = stack.enter_context(serving(folder / "mock.log"))
        if door == "proxy":
            words = ("proxy", "--upstream", mock.url)
            server = stack.enter_context(serving(folder / "proxy.log", *words))
        with Api.at(mock.url) as api, ThreadPoolExecutor(WORKERS) as pool:
            half: tuple[float, int] = (0.0, 0)
            for first in range(0, count, ROUND):
                _clear(api, mock, server)
                maker = Maker(PLANE if door == "plane" else API, _ids(api), f"{seed}/{door}")
                numbers = range(first, min(first + ROUND, count))
                for kind, seen in pool.map(lambda n: _sent(server, maker, n), numbers):  # noqa: B023
                    _note(figures, kind, seen)
                if first <= count // 2:
                    _clear(api, mock, server)
                    half = server.state()
            _clear(api, mock, server)
            _look_back(figures, server, mock, half)
    figures.seconds = time.monotonic() - begun
    return figures


@dataclass(frozen=True)
class Seen:
    """What came of one request."""

    number: int
    status: str
    seconds: float


def _sent(server: Server, maker: Maker, number: int) -> tuple[str, Seen]:
    kind, wire = maker.make(number)
    begun = time.monotonic()
    status = answered(server.url, wire)
    return kind, Seen(number, status, time.monotonic() - begun)


def answered(url: str, wire: bytes) -> str:
    """The status; "closed" for a connection that was closed without one, "hung" for none."""
    place = urlsplit(url)
    received = b""
    with socket.create_connection((place.hostname, place.port), timeout=HANGS) as connection:
        try:
            connection.sendall(wire)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                received += part
                if STREAM.search(received[:_HEAD]):
                    break  # which has no end
        except TimeoutError:
            return "hung"
        except OSError:
            pass  # closed on what was still to be sent
    found = STATUS.match(received)
    return found[1].decode() if found else "closed"


def _note(figures: Figures, kind: str, seen: Seen) -> None:
    figures.made[kind] += 1
    figures.answers[seen.status] += 1
    figures.slowest = max(figures.slowest, seen.seconds)
    if seen.status == "hung" or seen.status.startswith("5"):
        figures.faults.append(f"{figures.door}: request {seen.number} by {kind}: {seen.status}")


def _clear(api: Api, *servers: Server) -> None:
    """Forget sessions, faults, journals and clocks."""
    for server in servers:
        for path in ("/__admin/reset", "/__admin/requests"):
            method = "POST" if path.endswith("reset") else "DELETE"
            api.request(method, server.url + path)  # a proxy has a journal alone


def _ids(api: Api) -> list[str]:
    active, final = api.open()["id"], api.open()["id"]
    api.end(final)
    return [active, final]


def _look_back(figures: Figures, server: Server, mock: Server, half: tuple[float, int]) -> None:
    """What all the requests together have left behind."""
    megabytes, descriptors = server.state()
    figures.growth = megabytes - half[0]
    if figures.growth > MOST_GROWTH:
        figures.faults.append(f"{figures.door}: {figures.growth:.0f} MB more than half-way")
    if descriptors > half[1] + MOST_DESCRIPTORS:
        figures.faults.append(f"{figures.door}: {descriptors} descriptors, after {half[1]}")
    for log in {server.log, mock.log}:
        if "Traceback" in log.read_text("utf-8", "replace"):
            figures.faults.append(f"{figures.door}: a traceback in {log.name}")
