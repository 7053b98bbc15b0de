"""The HTTP server behind a webhook listener: every request has an end, in time and in bytes."""

from __future__ import annotations

import json
import math
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase, BufferedReader, RawIOBase
from typing import Any

import httpx

from .answer import decoded, values_in

HANG = 0  # an answer that does not come
LONGEST_HANG = 600.0  # seconds after which a hanging answer gives up
THOUGHT = 0.5  # seconds before a refusal, so that what is sent beside it is told from a retry
AT_ONCE = 5.0  # seconds; a gateway may hold on to what its own caller has given up before
PAUSE = 0.05
LARGEST = 2 * 1024 * 1024  # bytes of a payload
MOST_VALUES = 50_000  # in it
VALUE_BYTES = 250  # that one takes, about
MOST_CONNECTIONS = 24  # each may hold a payload, and 6 MB of headers
LONGEST_REQUEST = 10.0  # seconds from the begin of a request to its end


@dataclass
class Delivery:
    """One request that came in. `at` is monotonic seconds; `answer` the status it was given, and
    `over` when that was, or when its sender gave up; `size` about how many bytes it takes."""

    at: float
    payload: Any
    headers: dict[str, str]
    answer: int
    over: float = math.inf
    size: int = 0

    @property
    def retried_after(self) -> float:
        """What comes later than this is sent again; what comes earlier was sent beside it."""
        return min(self.over, self.at + AT_ONCE)


_reading = threading.Lock()  # what is read takes many times its size

Receive = Callable[[Any, dict[str, str], int], Delivery]


class Server(ThreadingHTTPServer):
    """Gives each payload to `receive`, and answers as that has it. At most so many connections at
    a time; what comes beside them is not taken."""

    daemon_threads = True
    request_queue_size = 128  # many sessions may end at once; what finds no place waits a second

    def __init__(self, host: str, port: int, receive: Receive) -> None:
        self.receive = receive
        self.stopped = threading.Event()
        self.places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), _Handler)
        threading.Thread(target=self.serve_forever, args=(PAUSE,), daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        if self.places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()

    def handle_error(self, *_: Any) -> None:
        """A sender that breaks off is none of a run's business."""

    def close(self) -> None:
        self.stopped.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self.rfile = BufferedReader(_Timed(self.connection))

    def do_POST(self) -> None:
        raw = read_body(self.headers, self.rfile)
        if raw is None:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        headers = {key.lower(): value for key, value in self.headers.items()}
        with _reading:
            payload, size = read_payload(raw, headers)
            delivery = self.server.receive(payload, headers, size)
        if delivery.answer == HANG:
            hang(self.connection, self.server.stopped)
        elif delivery.answer >= HTTPStatus.BAD_REQUEST:
            self.server.stopped.wait(THOUGHT)
        delivery.over = time.monotonic()  # before the sender can know
        if delivery.answer != HANG:
            self._answer(delivery.answer)

    do_PUT = do_POST

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """The run's own report tells what came."""


class _Timed(RawIOBase):
    """What a connection says in the time of one request; TimeoutError beyond it."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.ends_at = time.monotonic() + LONGEST_REQUEST

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if (left := self.ends_at - time.monotonic()) <= 0:
            raise TimeoutError
        self.connection.settimeout(left)
        return self.connection.recv_into(buffer)


def hang(connection: socket.socket, stopped: threading.Event) -> None:
    """Answer nothing, until the sender gives up."""
    deadline = time.monotonic() + LONGEST_HANG
    with suppress(ConnectionError):
        while not stopped.is_set() and time.monotonic() < deadline:
            if not select.select([connection], [], [], PAUSE)[0]:
                continue
            if not connection.recv(1, socket.MSG_PEEK):
                return
            stopped.wait(PAUSE)


def read_payload(raw: bytes, headers: dict[str, str]) -> tuple[Any, int]:
    """What a body holds, None where that is no JSON or too many values; and about how many bytes
    it takes with its headers."""
    size = sum(len(name) + len(value) for name, value in headers.items())
    try:
        text = decoded(raw, headers)
        if (values := values_in(text)) <= MOST_VALUES:
            return json.loads(text), size + len(text) + VALUE_BYTES * values
    except (ValueError, RecursionError, httpx.HTTPError):
        pass
    return None, size


def read_body(headers: Message, stream: BufferedIOBase) -> bytes | None:
    """The body of a request, of a told length or in chunks; None for one that is too large, has
    no length that makes sense, or does not end in time."""
    body = bytearray()
    try:
        for part in _parts(headers, stream):
            body += part
            if len(body) > LARGEST:
                return None
    except (ValueError, TimeoutError):
        return None
    return bytes(body)


def _parts(headers: Message, stream: BufferedIOBase) -> Iterator[bytes]:
    if "chunked" not in headers.get("transfer-encoding", "").lower():
        yield from _pieces(int(headers.get("content-length") or 0), stream)
        return
    while size := int(stream.readline(LARGEST).split(b";")[0] or b"0", 16):
        yield from _pieces(size, stream)
        stream.readline(LARGEST)
    while stream.readline(LARGEST).strip():
        yield b""  # trailers


def _pieces(size: int, stream: BufferedIOBase) -> Iterator[bytes]:
    """So many bytes as they come, and ValueError where that is no size."""
    if not 0 <= size <= LARGEST:
        raise ValueError(size)
    while size and (part := stream.read1(size)):
        size -= len(part)
        yield part
