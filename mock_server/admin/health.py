"""Whether the mock is ready."""

import time
from collections.abc import Mapping

from mock_server.admin.calls import AdminHandler, Answer
from mock_server.app import Mock
from mock_server.validation import Call
from mock_server.version import version
from mock_server.world import World

__all__ = ["HANDLERS"]


async def show_health(mock: Mock, world: World, call: Call) -> Answer:
    """GET /health."""
    return 200, {
        "status": "ok" if mock.ready else "starting",
        "version": version(),
        "uptime_seconds": round(time.monotonic() - mock.started, 3),
    }


HANDLERS: Mapping[str, AdminHandler] = {"showHealth": show_health}
