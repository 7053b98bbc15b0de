"""The two servers: how each is started, and how it is stopped whatever happens."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PRISM_VERSION", "Server", "ServerError", "both", "running"]

PRISM_VERSION = "5.16.0"
ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".bench" / f"prism-{PRISM_VERSION}"
START_SECONDS = 30
POLL_SECONDS = 0.005


class ServerError(Exception):
    """A server cannot be had or does not answer."""


@dataclass(frozen=True)
class Server:
    """A name for the table and a command that wants a port behind it."""

    name: str
    command: tuple[str, ...]


def both() -> tuple[Server, Server]:
    """The mock and Prism, installed when it is not there yet. Raises ServerError."""
    mock = Server("mock", (sys.executable, "-m", "mock_server", "--port"))
    return mock, Server("prism", (_prism(), "mock", str(ROOT / "openapi.yaml"), "-p"))


@contextmanager
def running(server: Server) -> Iterator[tuple[int, float]]:
    """A started server's port, and the seconds from process start to its first answer."""
    port = _free_port()
    start = time.perf_counter()
    process = subprocess.Popen(
        [*server.command, str(port)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - start > START_SECONDS:
                raise ServerError(_advice(server, port, process.returncode))
            time.sleep(POLL_SECONDS)
        yield port, time.perf_counter() - start
    finally:
        _stop(process)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    try:
        connection.request("GET", "/api/v1/chats", headers={"Authorization": "Bearer bench"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _advice(server: Server, port: int, code: int | None) -> str:
    how = f"exited with {code}" if code is not None else f"did not answer in {START_SECONDS} s"
    return f"{server.name} {how}; see why with: {' '.join(server.command)} {port}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _prism() -> str:
    binaries = str(CACHE / "node_modules" / ".bin")
    return shutil.which("prism", path=binaries) or _install(binaries)


def _install(binaries: str) -> str:
    npm = shutil.which("npm")
    if not npm:
        raise ServerError("Prism needs npm, which is not on the PATH; install Node.js 18 or later")
    print(f"installing Prism {PRISM_VERSION} into {CACHE.relative_to(ROOT)}", flush=True)
    package = f"@stoplight/prism-cli@{PRISM_VERSION}"
    options = ("--prefix", str(CACHE), "--no-audit", "--no-fund", "--loglevel=error")
    done = subprocess.run(
        [npm, "install", *options, package], check=False, stdin=subprocess.DEVNULL
    )
    found = shutil.which("prism", path=binaries)
    if done.returncode or not found:
        raise ServerError(f"npm could not install {package} (exit {done.returncode})")
    return found
