"""How many requests a run may send, and for how long."""

import math
import threading
import time

from ..judging.outcomes import Blocked


class Budget:
    """Counts the requests of a run; 0 is no limit. Safe to share between threads."""

    def __init__(self, max_requests: int = 0, max_seconds: float = 0.0) -> None:
        self.max_requests: float = max_requests or math.inf
        self.max_seconds = max_seconds
        self.ends_at = time.monotonic() + max_seconds if max_seconds > 0 else math.inf
        self.sent = 0
        self.lock = threading.Lock()

    @property
    def overtime(self) -> str:
        """Why nothing more is sent once the time is over, empty before."""
        over = time.monotonic() > self.ends_at
        return f"the budget of {self.max_seconds:g} seconds is used up" if over else ""

    def check(self) -> None:
        """Blocked when the time is over or every request is sent."""
        if self.overtime:
            raise Blocked(self.overtime)
        if self.sent >= self.max_requests:
            raise Blocked(f"the budget of {self.max_requests} requests is used up")

    def take(self) -> None:
        """Count one request. Blocked where the budget has none left."""
        with self.lock:
            self.check()
            self.sent += 1

    def count_beside(self) -> None:
        """Count a request that no plan has: a look at whether the target is up."""
        with self.lock:
            self.sent += 1
            self.max_requests += 1

    def lift(self) -> None:
        """Limit nothing from now on."""
        self.max_requests = self.ends_at = math.inf
