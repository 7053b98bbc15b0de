"""Announces closed tickets."""

from __future__ import annotations

from queue import Queue
from threading import Thread, Timer
from typing import Any

import httpx

Doc = dict[str, Any]
PAUSES = (0.5, 1.0, 2.0)
PATIENCE = 5.0


class Courier:
    """Delivers, one announcement after the other, in a thread of its own."""

    def __init__(self, url: str | None) -> None:
        self.url = url
        self.waiting: Queue[tuple[Doc, int]] = Queue()
        if url:
            Thread(target=self.deliver, daemon=True).start()

    def send(self, announcement: Doc) -> None:
        if self.url:
            self.waiting.put((announcement, 0))

    def deliver(self) -> None:
        with httpx.Client(timeout=PATIENCE, trust_env=False) as client:
            while True:
                announcement, tries = self.waiting.get()
                if self.again(self.post(client, announcement)) and tries < len(PAUSES):
                    later = Timer(PAUSES[tries], self.waiting.put, [(announcement, tries + 1)])
                    later.daemon = True
                    later.start()

    def post(self, client: httpx.Client, announcement: Doc) -> int:
        """The status that a delivery was answered with; 0 for none."""
        try:
            return client.post(str(self.url), json=announcement).status_code
        except httpx.HTTPError:
            return 0

    def again(self, status: int) -> bool:
        return status == 0 or status >= 500
