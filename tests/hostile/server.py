"""A server on raw sockets: honest for a while, with a mock behind it, then as its mode has it."""

from __future__ import annotations

import http.client
import itertools
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

POLL = 0.02
LONGEST_HEAD = 1 << 20


@dataclass(frozen=True)
class Request:
    """What the suite has sent."""

    method: str = ""
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What the mock answers."""

    status: int = 200
    kind: str = "application/json"
    body: bytes = b"{}"


@dataclass
class Around:
    """What stands around every target: an honest mock, with a session that somebody else has
    opened; and another origin, with what it was sent."""

    mock: str
    key: str
    bystander: dict[str, Any]
    stranger: str
    heard: list[bytes]
    is_untouched: Callable[[], bool]  # whether the bystander is as it was


@dataclass
class Call:
    """One request, the honest answer to it, and the connection to tell something else on."""

    connection: socket.socket
    request: Request
    honest: Answer
    around: Around
    stopped: threading.Event
    served: Served

    def send(self, *parts: bytes) -> None:
        self.connection.sendall(b"".join(parts))

    def wait(self, seconds: float) -> None:
        """Let time pass; ends the call when the server is to stop."""
        if self.stopped.wait(seconds):
            raise ConnectionAbortedError

    def forever(self, *parts: bytes, pause: float = 0.0) -> None:
        """Send the same again and again until the other side has had enough."""
        while True:
            self.send(*parts)
            self.wait(pause)


Act = Callable[[Call], None]


@dataclass(frozen=True)
class Mode:
    """One way to be hostile, and the verdict that a run against it must end with."""

    name: str
    verdict: str
    act: Act
    after: int = 3  # honest answers before the first hostile one: by then the preflight is over
    keeps: bool = False  # the connection is kept for the next request
    early: bool = False  # answers before the request is read
    options: tuple[str, ...] = ()  # of the suite, beside those of every run


@dataclass
class Served:
    """What a server was asked."""

    url: str = ""
    requests: int = 0
    cookies: int = 0  # requests that carried one
    answers: list[Answer] = field(default_factory=list)  # the honest ones of earlier requests


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        pass  # the other side has left


@contextmanager
def listening(handle: Callable[[socket.socket], None]) -> Iterator[str]:
    """Whatever connects is handed over, in a thread; gives the URL."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                handle(self.request)

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(POLL,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def serving(mode: Mode, around: Around) -> Iterator[Served]:
    """A target of this mode, with an honest mock behind it."""
    served, stopped, numbers = Served(), threading.Event(), itertools.count(1)

    def handle(connection: socket.socket) -> None:
        while True:
            hostile = False
            if mode.early:
                hostile = next(numbers) > mode.after
            request = Request() if hostile else _read(connection)
            if request is None:
                return
            served.requests += 1
            served.cookies += "cookie" in request.headers
            if not mode.early:
                hostile = next(numbers) > mode.after
            honest = Answer() if mode.early and hostile else _asked(around.mock, request)
            call = Call(connection, request, honest, around, stopped, served)
            if hostile:
                mode.act(call)
                served.answers.append(honest)
                if not mode.keeps:
                    return
            else:
                call.send(told(honest))

    with listening(handle) as served.url:
        try:
            yield served
        finally:
            stopped.set()


def told(answer: Answer, *headers: bytes, body: bytes | None = None) -> bytes:
    """An answer as it stands on the wire, with further headers."""
    body = answer.body if body is None else body
    return b"".join(
        (
            f"HTTP/1.1 {answer.status} Told\r\nContent-Type: {answer.kind}\r\n".encode(),
            *(header + b"\r\n" for header in headers),
            b"Content-Length: %d\r\n\r\n" % len(body),
            body,
        )
    )


def _read(connection: socket.socket) -> Request | None:
    """The next request on a connection; None where the other side has left."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part or len(data) > LONGEST_HEAD:
            return None
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        if not (part := connection.recv(65536)):
            return None
        body += part
    method, _, rest = first.partition(" ")
    return Request(method, rest.rpartition(" ")[0], headers, body)


def _asked(mock: str, request: Request) -> Answer:
    """What the mock answers to the same request."""
    connection = http.client.HTTPConnection(urlsplit(mock).netloc, timeout=20)
    passed = {k: v for k, v in request.headers.items() if k in ("authorization", "content-type")}
    try:
        connection.request(request.method, request.path, request.body or None, passed)
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheader("content-type", ""), answer.read())
    finally:
        connection.close()
