"""Whether the mock is ready."""

import time

from ..http.validation import Call
from ..mock import Mock
from ..sandbox.sandbox import Sandbox
from ..version import version
from .calls import Answer


async def show_health(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """GET /health."""
    return 200, {
        "status": "ok" if mock.ready else "starting",
        "version": version(),
        "uptime_seconds": round(time.monotonic() - mock.started, 3),
    }
