"""A mock in a process of its own, which no test disturbs that freezes time or patches modules."""

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import click

from ..settings import Settings

# What this process found its modules by comes after all that a Python finds by itself.
_BEGIN = (
    "import pickle, sys; sys.path += pickle.load(sys.stdin.buffer); pickle.load(sys.stdin.buffer)()"
)


@contextmanager
def mock_process(settings: Settings) -> Iterator[str]:
    """A mock on a free port; its URL. Raises ValueError when it cannot start."""
    command = [sys.executable, "-P", "-c", _BEGIN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(pickle.dumps(sys.path) + pickle.dumps(partial(_serve, settings)))
        process.stdin.flush()
        facts = json.loads(process.stdout.readline() or b"{}")
        if "url" not in facts:
            raise ValueError(facts.get("error", "the mock ended before it had started"))
        yield facts["url"]


def _serve(settings: Settings) -> None:
    """Serve until the other process closes the pipe, or is no more."""
    from ..version import version
    from .server import Running, serve

    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        serve(settings, Running("127.0.0.1", 0, as_json=True), version())
    except click.ClickException as error:
        _tell(error.format_message())
    except Exception as error:  # the other process raises it
        _tell(f"{type(error).__name__}: {error}")


def _tell(fault: str) -> None:
    print(json.dumps({"error": fault}), flush=True)


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    signal.raise_signal(signal.SIGTERM)
