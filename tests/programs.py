"""The project's programs as processes of their own, without the time that each takes to import.

A server that has imported everything once forks them: they are processes like others, with
arguments, environment, folder and exit code of their own. Where it does not run, or a program
needs an interpreter with other settings, they are started as usual.
"""

from __future__ import annotations

import gc
import io
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from subprocess import DEVNULL, PIPE, CompletedProcess
from typing import Any, Self, TextIO

ROOT = Path(__file__).parents[1]
IMPORTED = (
    *("conformance.cli.main", "conformance.run.run", "conformance.pytest_plugin"),
    *(
        "mock_server.cli.main",
        "mock_server.app",
        "mock_server.admin.plane",
        "mock_server.serve.server",
    ),
    *("mock_server.proxy.app", "schemathesis", "hypothesis", "uvloop", "httptools", "h2"),
    *("uvicorn.lifespan.on", "uvicorn.loops.uvloop", "_pytest.unittest", "_pytest.junitxml"),
)
CHECKS = ROOT / "conformance" / "checks"  # a run imports them when it starts
ROOM = 1 << 20  # bytes of a request, at most

_server: Server | None = None


class Program:
    """A forked process, as far as tests use `subprocess.Popen`."""

    returncode: int | None = None

    def __init__(self, pid: int, ended: socket.socket, out: TextIO | None, err: TextIO | None):
        self.pid, self.stdout, self.stderr = pid, out, err
        self._ended = ended

    def poll(self) -> int | None:
        """The exit code, of a process that has ended."""
        with suppress(TimeoutError, BlockingIOError):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once there is one."""
        if self.returncode is None:
            self._ended.settimeout(timeout)
            self.returncode = int(self._ended.recv(ROOM))
            self._ended.close()
        return self.returncode

    def communicate(self) -> tuple[str, str]:
        """All that it prints until it ends."""
        with ThreadPoolExecutor(2) as pool:
            out, err = pool.map(_rest, (self.stdout, self.stderr))
        self.wait()
        return out, err

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.stdout, self.stderr):
            if stream:
                stream.close()
        self.wait()


def _rest(stream: TextIO | None) -> str:
    if stream is None or stream.closed:
        return ""
    with stream:
        return stream.read()


Process = Program | subprocess.Popen[str]


def start(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    stdout: int | None = PIPE,
    stderr: int | None = None,
    anew: bool = False,
) -> Process:
    """Start a program: the words behind `python`, which begin with -m or -c. Started `anew`, it has
    imported nothing yet."""
    environment = {**os.environ} if env is None else {**env}
    if anew or _server is None or _interpreter(environment) != _interpreter(os.environ):
        words = [sys.executable, *command]
        return subprocess.Popen(words, env=env, cwd=cwd, stdout=stdout, stderr=stderr, text=True)
    return _server.fork([*command], environment, str(cwd or os.getcwd()), stdout, stderr)


def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    check: bool = False,
    anew: bool = False,
) -> CompletedProcess[str]:
    """Run a program to its end; what it printed."""
    with start(command, env=env, cwd=cwd, stderr=PIPE, anew=anew) as process:
        out, err = process.communicate()
    done = CompletedProcess(command, process.wait(), out, err)
    if check:
        done.check_returncode()
    return done


def _interpreter(environment: Mapping[str, str]) -> dict[str, str]:
    """What an interpreter looks at only when it starts."""
    kept = {k: v for k, v in environment.items() if k.startswith("PYTHON")}
    if kept.get("PYTHONPATH") == str(ROOT):  # which is found without
        del kept["PYTHONPATH"]
    return kept


class Server:
    """The process that forks; it imports what it is to fork when it is first asked to."""

    def __init__(self) -> None:
        self.requests, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self.process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(its.fileno())],
                pass_fds=[its.fileno()], stdin=DEVNULL, cwd=ROOT,
            )  # fmt: skip

    def fork(
        self,
        command: list[str],
        environment: dict[str, str],
        folder: str,
        stdout: int | None,
        stderr: int | None,
    ) -> Program:
        """Have it fork a program."""
        ended, status = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours: list[TextIO | None] = []
        theirs = []
        for number, wanted in ((1, stdout), (2, stderr)):
            read: int | None = None
            if wanted == PIPE:
                read, write = os.pipe()
            elif wanted == DEVNULL:
                write = os.open(os.devnull, os.O_WRONLY)
            else:
                write = os.dup(number)
            ours.append(None if read is None else os.fdopen(read, encoding="utf-8"))
            theirs.append(write)
        asked = json.dumps([command, environment, folder]).encode()
        with status:
            socket.send_fds(self.requests, [asked], [*theirs, status.fileno()])
        for write in theirs:
            os.close(write)
        return Program(int(ended.recv(ROOM)), ended, *ours)

    def stop(self) -> None:
        """End it; it has nothing left to fork."""
        self.requests.close()
        self.process.wait()


@contextmanager
def forking() -> Iterator[None]:
    """Fork programs, from here on."""
    global _server  # noqa: PLW0603
    if sys.platform != "linux":  # elsewhere libraries may not survive a fork
        yield
        return
    _server = Server()
    try:
        yield
    finally:
        _server.stop()
        _server = None


def pid() -> int | None:
    """The process that forks."""
    return _server.process.pid if _server else None


def serve(requests: socket.socket) -> list[str]:
    """Fork whatever is asked for; returns in each fork, with what that is to run."""
    watched = select.poll()
    watched.register(requests, select.POLLIN)
    running: dict[int, tuple[int, int]] = {}  # by its file: a process, and where its end is told
    while True:
        for file, _ in watched.poll():
            if file in running:
                watched.unregister(file)
                _tell_end(file, *running.pop(file))
                continue
            message, files, *_ = socket.recv_fds(requests, ROOM, 3)
            if not message:
                sys.exit()
            _import()
            if not (pid := os.fork()):
                requests.detach()
                return _become(*json.loads(message), *files[:2])
            for printed in files[:2]:
                os.close(printed)
            _tell(files[2], pid)
            file = os.pidfd_open(pid)
            watched.register(file, select.POLLIN)
            running[file] = pid, files[2]


def _import() -> None:
    if IMPORTED[0] not in sys.modules:
        checks = walk_packages([str(CHECKS)], "conformance.checks.")
        for name in (*IMPORTED, *(module.name for module in checks)):
            import_module(name)
        import_module("conformance.report.html").template("report")
        gc.freeze()  # what all share stays shared


def _tell_end(file: int, pid: int, status: int) -> None:
    _, code = os.waitpid(pid, 0)
    os.close(file)
    with suppress(BrokenPipeError):  # nobody wants to know
        _tell(status, os.waitstatus_to_exitcode(code))
    os.close(status)


def _tell(status: int, number: int) -> None:
    os.write(status, str(number).encode())


def _become(
    command: list[str], environment: dict[str, str], folder: str, stdout: int, stderr: int
) -> list[str]:
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.closerange(3, 1024)
    sys.stdout = _printing(1)
    sys.stderr = _printing(2, errors="backslashreplace", line_buffering=True)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return command


def _printing(number: int, **options: Any) -> TextIO:
    file = io.BufferedWriter(io.FileIO(number, "w", closefd=False))
    return io.TextIOWrapper(file, encoding="utf-8", **options)


def execute(kind: str, program: str, *words: str) -> None:
    """What `python -m` or `python -c` does."""
    sys.argv = [kind, *words]
    if kind == "-m":
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends when its last user does
    execute(*serve(socket.socket(fileno=int(sys.argv[1]))))
