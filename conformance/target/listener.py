"""Receives completion webhooks: a small HTTP server that answers as a check tells it to."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..config.connection import listening_address
from ..config.settings import UsageError
from .receiver import PAUSE, Delivery, Server

MOST_BYTES = 16 * 1024 * 1024  # of all that is kept, about
MOST_STRANGERS = 200  # of the payloads that are nobody's
LONGEST_SETTLING = 5  # times the silence that is waited for


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
    """Listens on HOST:PORT. A session is told by the marker in the data that it was opened with;
    where a payload has lost that, by its id, in whichever members they stand. `public_url` is where
    the target sends to, if that is another address: a tunnel's, for example."""

    def __init__(self, address: str, public_url: str | None = None) -> None:
        self.public_url = public_url
        self.bytes_kept = 0
        self.lock = threading.Lock()
        self.inboxes: defaultdict[str, Inbox] = defaultdict(Inbox)
        self.markers: dict[str, str] = {}
        self.strangers: list[Delivery] = []  # with neither marker nor a known id
        self.vain = ""  # why it is of no use to wait for a delivery
        try:
            self.server = Server(*listening_address(address), self.receive)
        except ValueError as error:
            raise UsageError(str(error)) from None
        except OSError as error:
            raise UsageError(
                f"--webhook-listen {address}: {error.strerror}; give an address of this machine and"
                " a port that is free, or 0 for any"
            ) from error

    @property
    def url(self) -> str:
        """Where the target is to send its webhooks to."""
        return self.public_url or f"http://{self.address}/"

    @property
    def address(self) -> str:
        """Where it listens."""
        host, port = self.server.server_address[:2]
        return f"[{host!s}]:{port}" if ":" in str(host) else f"{host!s}:{port}"

    def close(self) -> None:
        self.server.close()

    def answer(self, marker: str, *statuses: int) -> None:
        """Answer this marker's deliveries with these statuses in turn, and then with 200."""
        with self.lock:
            self.inboxes[marker].answers = list(statuses)

    def expect(self, id: str, marker: str) -> None:
        """Take a payload with this id for one with the marker, if it has none."""
        with self.lock:
            self.markers[id.lower()] = marker

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
        """The deliveries when nothing more has come for so long, or too much for long enough."""
        count, deadline = -1, time.monotonic() + LONGEST_SETTLING * seconds
        while time.monotonic() < deadline and len(self.deliveries(marker)) != count:
            count = len(self.deliveries(marker))
            self.wait(marker, count + 1, seconds)
        return self.deliveries(marker)

    def receive(self, payload: Any, headers: dict[str, str], size: int = 0) -> Delivery:
        """Keep what came, and decide how it is answered. What would fill the memory is answered
        and forgotten."""
        values = [*payload.values()] if isinstance(payload, dict) else []
        objects = [value for value in values if isinstance(value, dict)]
        marker = next((one["marker"] for one in objects if one.get("marker") is not None), None)
        with self.lock:
            if marker is None:
                ids = [value.lower() for value in values if isinstance(value, str)]
                marker = next((self.markers[id] for id in ids if id in self.markers), None)
            at, name = time.monotonic(), str(marker)
            if not self._has_room(size):
                return Delivery(at, None, {}, self.inboxes.get(name, Inbox()).next_answer(at))
            inbox = self.inboxes[name]
            delivery = Delivery(at, payload, headers, inbox.next_answer(at), size=size)
            self.bytes_kept += size
            if marker is None:
                self.strangers.append(delivery)
                if len(self.strangers) > MOST_STRANGERS:
                    self._forget_stranger()
            else:
                inbox.deliveries.append(delivery)
        return delivery

    def _has_room(self, size: int) -> bool:
        """Whether so much more can be kept, once the first strangers have made room."""
        while self.strangers and self.bytes_kept + size > MOST_BYTES:
            self._forget_stranger()
        return self.bytes_kept + size <= MOST_BYTES

    def _forget_stranger(self) -> None:
        self.bytes_kept -= self.strangers.pop(0).size
