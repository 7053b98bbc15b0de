"""Each store, open, with a sandbox that is the test's own."""

import asyncio
import itertools

import pytest

from mock_server.store.opening import open_store
from tests.mock_server.store.rows import LASTING
from tests.postgres import postgres_running

NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def shared(postgres):
    """A database for all tests here: each works in a sandbox of its own."""
    return postgres.url(postgres.create())


@pytest.fixture(scope="module")
def server():
    """A server of a module's own, which may be frozen and stopped."""
    with postgres_running() as server:
        yield server


@pytest.fixture(params=["memory", *LASTING])
def db(request, tmp_path):
    """Where the store is."""
    if request.param == "postgres":
        return request.getfixturevalue("shared")
    return tmp_path / "state.db" if request.param == "file" else None


@pytest.fixture
def run():
    """Run coroutines in one loop, as connections demand."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def opened(db, run):
    """Open the store once more."""
    databases = []

    def open_again(sandbox):
        database, store_of = open_store(db)
        run(database.start())
        databases.append(database)
        return store_of(sandbox)

    yield open_again
    for database in databases:
        run(database.close())


@pytest.fixture
def store(opened):
    return opened(f"sandbox-{next(NUMBERS)}")
