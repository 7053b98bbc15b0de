"""A request to stop, by ctrl-C, SIGTERM or a hang-up, is taken up between two requests to the
target, or after a short grace for the one that is under way.

Were it taken up at once, an open whose answer is on its way would leave a session that nobody
knows of. A second request to stop is not kept waiting. While a run cleans up, the first one is
only answered: what it would cut short is the tidying that it asks for.
"""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

GRACE = 0.5  # seconds for the answer that is under way
_SIGNALS = tuple(getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n))
_ALWAYS = (signal.SIGINT, signal.SIGTERM)


class _Interrupt:
    """Signals come in the main thread, so only what that thread does is ever interrupted."""

    def __init__(self) -> None:
        self.held = False
        self.asked = False
        self.cut_at = math.inf
        self.warn: Callable[[], None] | None = None

    def take(self, *_: Any) -> None:
        if self.warn:
            warn, self.warn = self.warn, None
            warn()
        elif self.held and not self.asked:
            self.asked = True
            self.cut_at = time.monotonic() + GRACE
        else:
            self.cut_at = min(self.cut_at, time.monotonic() + GRACE)
            raise KeyboardInterrupt

    def release(self) -> None:
        self.held = False
        if self.asked:
            self.asked = False
            raise KeyboardInterrupt


_interrupt = _Interrupt()


def cut_at() -> float:
    """When what is under way must end, in whatever thread, by the monotonic clock: never,
    unless asked to stop."""
    return _interrupt.cut_at


def resume() -> None:
    """Cut nothing more short: what now comes is the clean-up."""
    _interrupt.cut_at = math.inf


def install_handlers() -> None:
    """Let signals interrupt the run. Ctrl-C too, since a shell without job control starts what
    it runs in the background deaf to it; a hang-up only where nohup does not want it unheard."""
    for number in _SIGNALS:
        if number in _ALWAYS or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt.take)


@contextmanager
def stop_after(seconds: float) -> Iterator[None]:
    """Ask to stop after so many seconds, whatever is waited for then; 0 for no limit. Where the
    platform has no such signal, requests alone keep to the limit."""
    if seconds <= 0 or not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, _interrupt.take)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def warn_first(warn: Callable[[], None]) -> Iterator[None]:
    """In here a first request to stop is answered with a warning alone; the next is one."""
    _interrupt.warn = warn
    try:
        yield
    finally:
        _interrupt.warn = None


@contextmanager
def shielded() -> Iterator[None]:
    """What is done in here is done to its end, or to that of the grace; only then is
    KeyboardInterrupt raised."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _interrupt.held = True
    try:
        yield
    finally:
        _interrupt.release()
