"""A database that fails: told to the caller each time, and to the log once."""

import logging
import time
from collections.abc import Callable
from types import TracebackType

from ..domain.store import StoreUnavailable

# An outage is over when nothing has failed for so long: what is read may succeed all along.
_QUIET_SECONDS = 10.0
_log = logging.getLogger("adjourn.store")


class Outage:
    """Around what a database does, makes StoreUnavailable of its failures.

    `reason_of` gives the cause in words, or None for an error that is no failure of the database.
    """

    def __init__(self, reason_of: Callable[[BaseException], str | None]) -> None:
        self.reason_of = reason_of
        self._failed_at: float | None = None

    def __enter__(self) -> None:
        """Begin to watch."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            if self._failed_at is not None:
                self._recover(self._failed_at)
        elif (reason := self.reason_of(error)) is not None:
            self._fail(reason)
            raise StoreUnavailable(reason) from error

    def _fail(self, reason: str) -> None:
        if self._failed_at is None:
            _log.warning("the store fails, requests are answered 503 until it is back: %s", reason)
        self._failed_at = time.monotonic()

    def _recover(self, failed_at: float) -> None:
        if time.monotonic() - failed_at >= _QUIET_SECONDS:
            _log.warning("the store is back")
            self._failed_at = None
