"""A server as a process of its own, for as long as it is looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import programs

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def running(module: str, *options: str) -> Iterator[str]:
    """Start a module that tells its URL in a first line of JSON, on a free port; gives the URL."""
    process = programs.start(["-m", module, "--port", "0", *options], cwd=ROOT)
    assert process.stdout is not None
    try:
        yield str(json.loads(process.stdout.readline())["url"])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
