"""Work that goes on beside the requests."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ..domain.store import StoreUnavailable

_PAUSE_SECONDS = 1.0
_log = logging.getLogger(__name__)


async def keep_running(work: Callable[[], Awaitable[None]]) -> None:
    """Run for ever; a fault is logged and the work taken up again."""
    while True:
        try:
            await work()
        except StoreUnavailable:
            await asyncio.sleep(_PAUSE_SECONDS)
        except Exception:
            _log.exception("a background task failed and starts again")
            await asyncio.sleep(_PAUSE_SECONDS)
