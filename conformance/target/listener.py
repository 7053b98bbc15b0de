"""Receives completion webhooks: a small HTTP server that answers as a check tells it to."""

from __future__ import annotations

import json
import math
import select
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any

from ..config.settings import UsageError

HANG = 0  # an answer that does not come
LONGEST_HANG = 600.0  # seconds after which a hanging answer gives up
THOUGHT = 0.5  # seconds before a refusal, so that what is sent beside it is told from a retry
AT_ONCE = 5.0  # seconds; a gateway may hold on to what its own caller has given up before
PAUSE = 0.05
LIMIT = 4 * 1024 * 1024  # bytes of a payload


@dataclass
class Delivery:
    """One request that came in. `at` is monotonic seconds; `answer` the status it was given, and
    `over` when that was, or when its sender gave up."""

    at: float
    payload: Any
    headers: dict[str, str]
    answer: int
    over: float = math.inf

    @property
    def retried_after(self) -> float:
        """What comes later than this is sent again; what comes earlier was sent beside it."""
        return min(self.over, self.at + AT_ONCE)


@dataclass
class Inbox:
    """What came for one marker, and how the next ones are answered."""

    deliveries: list[Delivery] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def next_answer(self, at: float) -> int:
        """What comes beside a delivery that is failing fails alike: a sender that has one of
        the two taken need not send it again."""
        failing = [d.answer for d in self.deliveries if d.answer != 200 and at <= d.retried_after]
        if failing:
            return failing[-1]
        return self.answers.pop(0) if self.answers else 200


class Listener:
    """Listens on HOST:PORT. A session is told by the marker in its additional_data; where a
    payload has lost that, by its callId."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.lock = threading.Lock()
        self.inboxes: defaultdict[str, Inbox] = defaultdict(Inbox)
        self.markers: dict[str, str] = {}
        self.strangers: list[Delivery] = []  # with neither marker nor a known callId
        self.vain = ""  # why it is of no use to wait for a delivery
        self.stopped = threading.Event()
        try:
            self.server = ThreadingHTTPServer((host or "127.0.0.1", int(port)), self._handler())
        except (ValueError, OverflowError):
            raise UsageError(f"--webhook-listen {address}: wanted HOST:PORT") from None
        except OSError as error:
            raise UsageError(f"--webhook-listen {address}: {error}; give HOST:PORT") from error
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(PAUSE,), daemon=True).start()

    @property
    def url(self) -> str:
        host, port = self.server.server_address[:2]
        return f"http://{host!s}:{port}/"

    def close(self) -> None:
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, marker: str, *statuses: int) -> None:
        """Answer this marker's deliveries with these statuses in turn, and then with 200."""
        with self.lock:
            self.inboxes[marker].answers = list(statuses)

    def expect(self, call_id: str, marker: str) -> None:
        """Take a payload with this callId for one with the marker, if it has none."""
        with self.lock:
            self.markers[call_id.lower()] = marker

    def deliveries(self, marker: str) -> list[Delivery]:
        with self.lock:
            return list(self.inboxes[marker].deliveries)

    @property
    def heard(self) -> bool:
        """Whether anything came at all for a session that was expected."""
        with self.lock:
            return any(self.inboxes[marker].deliveries for marker in self.markers.values())

    def strangers_since(self, moment: float) -> list[Delivery]:
        with self.lock:
            return [delivery for delivery in self.strangers if delivery.at >= moment]

    def until(
        self, look: Callable[[], list[Delivery]], patience: float, count: int = 1
    ) -> list[Delivery]:
        """What `look` gives, as soon as that are so many or the patience (seconds) is over."""
        deadline = time.monotonic() + patience
        while len(found := look()) < count and time.monotonic() < deadline:
            time.sleep(PAUSE)
        return found

    def wait(self, marker: str, count: int, patience: float) -> list[Delivery]:
        """The deliveries, as soon as there are this many."""
        return self.until(lambda: self.deliveries(marker), patience, count)

    def retry(self, first: Delivery, marker: str, patience: float) -> Delivery | None:
        """The first delivery that came after that one was over, if any."""

        def later() -> list[Delivery]:
            return [d for d in self.deliveries(marker) if d.at > first.retried_after]

        return next(iter(self.until(later, patience)), None)

    def settled(self, marker: str, seconds: float) -> list[Delivery]:
        """The deliveries when nothing more has come for so long."""
        count = -1
        while len(found := self.deliveries(marker)) != count:
            count = len(found)
            self.wait(marker, count + 1, seconds)
        return found

    def receive(self, payload: Any, headers: dict[str, str]) -> Delivery:
        payload_object = payload if isinstance(payload, dict) else {}
        data = payload_object.get("callAdditionalData")
        marker = data.get("marker") if isinstance(data, dict) else None
        with self.lock:
            if marker is None:
                marker = self.markers.get(str(payload_object.get("callId")).lower())
            inbox = self.inboxes[str(marker)]
            delivery = Delivery(time.monotonic(), payload, headers, 200)
            delivery.answer = inbox.next_answer(delivery.at)
            kept = self.strangers if marker is None else inbox.deliveries
            kept.append(delivery)
        return delivery

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receive: Callable[[Any, dict[str, str]], Delivery] = self.receive
        stopped = self.stopped

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = body_of(self.headers, self.rfile)
                try:
                    payload = json.loads(raw)
                except (ValueError, RecursionError):
                    payload = None
                headers = {key.lower(): value for key, value in self.headers.items()}
                delivery = receive(payload, headers)
                if delivery.answer == HANG:
                    hang(self.connection, stopped)
                    self.close_connection = True
                    delivery.over = time.monotonic()
                    return
                if delivery.answer >= HTTPStatus.BAD_REQUEST:
                    stopped.wait(THOUGHT)
                delivery.over = time.monotonic()  # before the sender can know
                self.send_response(delivery.answer)
                self.send_header("content-length", "0")
                self.end_headers()

            do_PUT = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                """The run's own report tells what came."""

        return Handler


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


def body_of(headers: Message, stream: BufferedIOBase) -> bytes:
    """The body of a request, of a told length or in chunks, up to LIMIT bytes."""
    if "chunked" not in headers.get("transfer-encoding", "").lower():
        return stream.read(min(int(headers.get("content-length") or 0), LIMIT))
    body = b""
    while len(body) < LIMIT and (size := _size(stream.readline(LIMIT))):
        body += stream.read(min(size, LIMIT))
        stream.readline(LIMIT)
    while stream.readline(LIMIT).strip():
        pass  # trailers
    return body


def _size(line: bytes) -> int:
    try:
        return int(line.split(b";")[0], 16)
    except ValueError:
        return 0
