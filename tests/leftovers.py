"""What tests leave behind: threads, processes and open files that outlive their module.

What a fixture of the whole session sets up may outlive a module, but not the session.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec

import psutil
import pytest

from tests import programs

_MARK = "TESTS_OF"  # set in the environment of every process that is started
_PATIENCE = 30.0  # seconds for what is going away already, on a machine that is busy

_lasting = pytest.StashKey[set[str]]()


def pytest_configure(config: pytest.Config) -> None:
    os.environ[_MARK] = str(os.getpid())
    config.stash[_lasting] = set()


def pytest_collection_finish() -> None:
    """Have the garbage collector pass over all that there is by now, and look seldom: each look for
    what is left behind would take a quarter of a second to go through it.

    Hypothesis warns of a PRNG that nobody refers to. When it is imported it is given Trio's,
    whose references do not show once they are passed over.
    """
    import_module("hypothesis")
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Note what a fixture of the session sets up."""
    if fixturedef.scope != "session":
        return (yield)
    before = standing()
    made = yield
    request.config.stash[_lasting] |= standing() - before
    return made


@pytest.fixture(scope="session", autouse=True)
def nothing_outlives_the_session(pytestconfig: pytest.Config) -> Iterator[None]:
    _warm_up()
    before = standing()
    with programs.forking():
        pytestconfig.stash[_lasting] |= standing()
        yield
    _fail_for(_left(before))


@pytest.fixture(scope="module", autouse=True)
def nothing_outlives_its_module(
    nothing_outlives_the_session: None, pytestconfig: pytest.Config
) -> Iterator[None]:
    yield
    left = _left(pytestconfig.stash[_lasting])
    pytestconfig.stash[_lasting] |= left  # told once
    _fail_for(left)


def _warm_up() -> None:
    """Have libraries open what they keep for the whole process."""
    if find_spec("uvloop"):
        import uvloop

        uvloop.new_event_loop().close()  # libuv's pipe for signals


def _left(known: set[str]) -> set[str]:
    """What there is beside the known, and does not go away."""
    gc.collect()  # what is not closed warns now, in its own module
    until = time.monotonic() + _PATIENCE
    while (left := standing() - known) and time.monotonic() < until:
        time.sleep(0.02)
    return left


def _fail_for(left: set[str]) -> None:
    if left:
        pytest.fail(f"left behind: {', '.join(sorted(left))}", pytrace=False)


def standing() -> set[str]:
    """Every thread, child process and open file that there is."""
    return {*_threads(), *_processes(), *_files()}


def _threads() -> Iterator[str]:
    for thread in threading.enumerate():
        yield f"thread {thread.name} ({thread.ident})"


def _processes() -> Iterator[str]:
    """The children, and what a child that is gone has left running."""
    own = os.getpid()
    parents, words = {}, {}
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess):
            parent = process.ppid()
            if parent == own or _mark(process) == str(own):
                parents[process.pid] = parent
                words[process.pid] = _words(process)
    for pid, parent in parents.items():
        if parent not in parents or parent == programs.pid():
            yield f"process {pid} ({words[pid]})"


def _mark(process: psutil.Process) -> str | None:
    try:
        marked: str | None = process.environ().get(_MARK)
    except psutil.AccessDenied:  # somebody else's
        return None
    return marked


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.ZombieProcess:
        return "ended, and not waited for"


def _files() -> Iterator[str]:
    if os.path.isdir("/proc/self/fd"):
        for name in os.listdir("/proc/self/fd"):
            try:
                yield f"file {name} ({os.readlink(f'/proc/self/fd/{name}')})"
            except OSError:  # that of the listing itself
                continue
