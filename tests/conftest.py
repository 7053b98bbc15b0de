"""What the tests of the mock share: how to start one, a webhook receiver, a way to wait."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import lru_cache

import httpx
import pytest
from httpx._transports import default as transports

from tests import leftovers
from tests.network import Authority
from tests.postgres import Postgres, postgres_running
from tests.serving import Api, Receiver, receiving, wait_until

# A client reads all public authorities when it is made, and hardly one here needs any.
vars(transports)["create_ssl_context"] = lru_cache(8)(httpx.create_ssl_context)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(leftovers)


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    return wait_until


@pytest.fixture
def start() -> Iterator[Callable[..., Api]]:
    """Start a mock for one test: `start(choices=["turn_delay=1"], **settings)`."""
    with ExitStack() as running:
        yield lambda **settings: running.enter_context(Api.of(**settings))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, one for all tests."""
    with postgres_running() as server:
        yield server


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that nobody trusts yet, one for a module."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook receiver."""
    with receiving() as receiver:
        yield receiver


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name compressed bytes by their length: what they hold tells the second they were made in,
    and each worker is to name its tests alike."""
    if isinstance(val, bytes) and val.startswith(b"\x1f\x8b"):
        return f"{argname}-{len(val)}"
    return None
