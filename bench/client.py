"""A load client that leaves the server to be the bottleneck, and says whether it did."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

import httptools

if sys.platform == "win32":  # which has no uvloop
    from asyncio import new_event_loop
else:
    from uvloop import new_event_loop

__all__ = ["CONNECTIONS", "Load", "LoadError", "request", "send"]

CONNECTIONS = 32


class LoadError(Exception):
    """A server refused a request or hung up, so that no rate can be told."""


@dataclass
class Load:
    """What one load came to. `busy` is the share of one core that the client itself took."""

    seconds: float = 0.0
    busy: float = 0.0
    bodies: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.bodies) / self.seconds


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """The bytes of one request, JSON if it has a body."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer bench\r\n"
    if method == "POST":
        kind = "Content-Type: application/json\r\n" if body else ""
        head += f"{kind}Content-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def send(port: int, requests: Iterable[bytes], seconds: float) -> Load:
    """Send requests to 127.0.0.1 until they or the seconds end, one at a time a connection.

    Raises LoadError when an answer is not 2xx or a connection is lost.
    """
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(_send(port, requests, seconds))


async def _send(port: int, requests: Iterable[bytes], seconds: float) -> Load:
    loop = asyncio.get_running_loop()
    source = _Source(requests, asyncio.Event())
    connections = [
        (await loop.create_connection(lambda: _Connection(source), "127.0.0.1", port))[1]
        for _ in range(CONNECTIONS)
    ]
    start, processor = time.perf_counter(), time.process_time()
    source.end = start + seconds
    for connection in connections:
        connection.next()
    await source.done.wait()
    if source.error:
        raise LoadError(source.error)
    elapsed = source.last - start
    return Load(elapsed, (time.process_time() - processor) / elapsed, source.bodies)


class _Source:
    """What all connections share: the requests to come and the answers that came."""

    def __init__(self, requests: Iterable[bytes], done: asyncio.Event) -> None:
        self.requests = iter(requests)
        self.done = done
        self.open = CONNECTIONS
        self.end = self.last = 0.0
        self.bodies: list[bytes] = []
        self.error = ""

    def take(self) -> bytes | None:
        return None if self.error or self.last > self.end else next(self.requests, None)

    def answered(self, status: int, body: bytes) -> None:
        self.last = time.perf_counter()
        self.bodies.append(body)
        if not 200 <= status < 300:
            self.error = f"answered {status}: {body[:200].decode(errors='replace')}"

    def closed(self, early: bool) -> None:
        if early and not self.error:
            self.error = "closed a connection before it had answered"
        self.open -= 1
        if not self.open:
            self.done.set()


class _Connection(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, source: _Source) -> None:
        self.source = source
        self.parser = httptools.HttpResponseParser(self)
        self.body = b""
        self.waiting = False

    def next(self) -> None:
        message = self.source.take()
        self.waiting = message is not None
        if message is None:
            self.transport.close()
        else:
            self.transport.write(message)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are alike, not kin.
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.source.closed(early=self.waiting)

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.source.answered(self.parser.get_status_code(), self.body)
        self.body = b""
        self.next()
