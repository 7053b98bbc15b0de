"""The target of a run that names none: a mock of this project on a free port, as a process
of its own, so that the suite meets it over HTTP like any other."""

import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from tempfile import TemporaryFile
from typing import IO, Any

from ..config.program import MOCK, run_module
from ..config.settings import Config, UsageError

GRACE = 5.0  # seconds that the mock has to stop
PROMPT_WEBHOOKS = ("--webhook-timeout", "1", "--webhook-backoff", "0.2")  # seconds

# What reaches another target, and would keep the suite from the mock.
NOT_ITS: dict[str, Any] = {
    "token_command": None, "token_url": None, "client_id": None, "proxy": None,
    "unix_socket": None,
}  # fmt: skip


@contextmanager
def embedded_mock(
    config: Config, base_path: str, webhook_url: str | None = None
) -> Iterator[Config]:
    """Start the mock with a key of its own; gives the configuration that points to where it
    serves the contract's paths."""
    token = secrets.token_urlsafe(16)
    if config.contract and config.contract.exists() and not config.contract.is_file():
        raise UsageError(
            f"--contract {config.contract} can be read once alone, and the embedded mock reads it"
            " too; write it to a file"
        )
    # HOST: conda's shells say there what the machine is.
    command = [*run_module(MOCK), "--host", "127.0.0.1", "--port", "0", "--json"]
    if config.contract:
        command += ["--contract", str(config.contract)]
    if webhook_url:
        command += ["--webhook-url", webhook_url, *PROMPT_WEBHOOKS]
    # With every default, whatever a mock of the user's is told by the environment.
    environment = {key: value for key, value in os.environ.items() if key[:8] != "ADJOURN_"}
    environment["ADJOURN_TOKEN"] = token  # which a command line would show to everybody
    with TemporaryFile("w+") as log:
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process:
            try:
                url = _url(process, log) + base_path
                yield replace(config, target=url, token=token, **NOT_ITS)
            finally:
                process.terminate()
                try:
                    process.wait(GRACE)
                except subprocess.TimeoutExpired:
                    process.kill()


def _url(process: subprocess.Popen[str], log: IO[str]) -> str:
    """Where the mock listens, from its first line."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if line:
        return str(json.loads(line)["url"])
    process.wait()
    log.seek(0)
    raise UsageError(f"the embedded mock did not start: {log.read().strip()[-500:]}")
