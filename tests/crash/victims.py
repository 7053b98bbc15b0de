"""Who is killed: a mock on a file, one of two mocks on a database, the database server."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import DEVNULL

from tests import programs
from tests.postgres import postgres_running
from tests.serving import CHATS, COMMAND, Api, clean_environment, wait_until


class Mock:
    """A mock as a process, which can be killed and started again."""

    def __init__(self, *options: str) -> None:
        self.options = options
        self.url = ""

    def start(self) -> None:
        command = [*COMMAND, "--json", "--port", "0", *self.options]
        self.process = programs.start(command, stderr=DEVNULL, env=clean_environment())
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            self.kill()
            raise RuntimeError(f"the mock does not start with {' '.join(self.options)}")
        self.url = str(json.loads(line)["url"])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


class Victim:
    """Mocks under load; `kill` kills, and `mend` brings back what was killed."""

    def __init__(
        self, mocks: Sequence[Mock], kill: Callable[[int], None], mend: Callable[[int], None]
    ) -> None:
        self.mocks = mocks
        self.kill = kill
        self.mend = mend

    @property
    def urls(self) -> list[str]:
        return [mock.url for mock in self.mocks]

    def wait(self) -> None:
        """Wait until every mock answers from its store again."""
        for mock in self.mocks:
            with Api.at(mock.url) as api:
                wait_until(lambda api=api: api.get(CHATS).is_success)  # type: ignore[misc]


@contextmanager
def running(count: int, *options: str) -> Iterator[list[Mock]]:
    with ExitStack() as stack:
        mocks = [Mock(*options) for _ in range(count)]
        for mock in mocks:
            mock.start()
            stack.callback(mock.kill)
        yield mocks


@contextmanager
def embedded(folder: Path, options: Sequence[str]) -> Iterator[Victim]:
    """A mock on a file."""
    with running(1, "--db", str(folder / "state.db"), *options) as mocks:
        yield Victim(mocks, lambda _: mocks[0].kill(), lambda _: mocks[0].start())


@contextmanager
def replica(_: Path, options: Sequence[str]) -> Iterator[Victim]:
    """One of two mocks on a database, in turns."""
    with postgres_running() as server:
        with running(2, "--db", server.url(server.create()), *options) as mocks:
            yield Victim(mocks, lambda n: mocks[n % 2].kill(), lambda n: mocks[n % 2].start())


@contextmanager
def server(_: Path, options: Sequence[str]) -> Iterator[Victim]:
    """The database server, with every process of it."""
    with postgres_running() as database:
        with running(1, "--db", database.url(database.create()), *options) as mocks:
            yield Victim(mocks, lambda _: database.kill(), lambda _: database.start())


VICTIMS = {
    "a mock on a file": embedded,
    "one of two mocks on PostgreSQL": replica,
    "the PostgreSQL server": server,
}
