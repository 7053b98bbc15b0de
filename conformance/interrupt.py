"""A request to stop, by ctrl-C or SIGTERM, is taken up between two requests to the target.

Were it taken up at once, an open whose answer is on its way would leave a session that nobody
knows of. A second request to stop is not kept waiting.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["hear", "whole"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Interrupt:
    """Signals come in the main thread, so only what that thread does is ever interrupted."""

    def __init__(self) -> None:
        self.held = False
        self.asked = False

    def take(self, *_: Any) -> None:
        if self.held and not self.asked:
            self.asked = True
        else:
            raise KeyboardInterrupt

    def release(self) -> None:
        self.held = False
        if self.asked:
            self.asked = False
            raise KeyboardInterrupt


_interrupt = _Interrupt()


def hear() -> None:
    """Let signals interrupt the run. Ctrl-C too, since a shell without job control starts what
    it runs in the background deaf to it."""
    for number in _SIGNALS:
        signal.signal(number, _interrupt.take)


@contextmanager
def whole() -> Iterator[None]:
    """What is done in here is done to its end; only then is KeyboardInterrupt raised."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _interrupt.held = True
    try:
        yield
    finally:
        _interrupt.release()
