"""A mock as a target: started as a process of its own, with a fault or a choice, and stopped."""

from __future__ import annotations

import json
import multiprocessing
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

import mock_server.serve.server  # noqa: F401  (so that a fork finds all that serving needs)

from .serve import serve

PATIENCE = 60.0  # seconds that a mock may take to start


@dataclass(frozen=True)
class Target:
    """Where a mock listens, and the key that it wants."""

    url: str
    token: str


@contextmanager
def serving(mutant: str, *options: str) -> Iterator[Target]:
    """Serve a mutant on a free port. RuntimeError when it does not start.

    `serve` would do the same as a command; a fork spares the imports, which take longer than
    all else.
    """
    token = f"Key-{secrets.token_hex(8)}"
    heard, said = multiprocessing.Pipe(duplex=False)
    given = (said, mutant, "--port", "0", "--token", token, *options)
    process = multiprocessing.Process(target=_serve, args=given, daemon=True)
    process.start()
    said.close()
    try:
        yield Target(_url(heard, mutant), token)
    finally:
        process.kill()  # its state lies in memory, so there is nothing to put in order
        process.join()
        heard.close()


def _url(heard: Connection, mutant: str) -> str:
    """Where the mock listens, from its first line."""
    try:
        if heard.poll(PATIENCE):
            return str(json.loads(heard.recv())["url"])
    except EOFError:
        pass
    command = f"{sys.executable} -m tests.kill_matrix.serve {mutant} --port 0"
    raise RuntimeError(f"the mutant {mutant} does not start; see {command}")


def _serve(said: Connection, mutant: str, *options: str) -> None:
    """The process of a mock: its first line goes to the parent, its log nowhere."""
    sys.stdout = _Voice(said)
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115  (lives as long as the process)
    serve(mutant, *options)


class _Voice:
    """A stdout that is heard at the other end of a pipe."""

    def __init__(self, said: Connection) -> None:
        self.said = said

    def write(self, text: str) -> int:
        if text.strip():
            self.said.send(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""
