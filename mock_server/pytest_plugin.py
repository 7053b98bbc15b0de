"""Fixtures for tests of what talks to the Chats API: a mock, a sandbox a test, its controls.

Nothing is imported or started until a test asks for it. By default each test process has a
mock of its own on a free port; `--adjourn-url` points all of them to one that runs already.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .testing import Agents, RunningMock, Sandbox, SandboxClock, Webhooks

__all__ = [
    "adjourn_agents",
    "adjourn_clock",
    "adjourn_mock",
    "adjourn_sandbox",
    "adjourn_webhooks",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that points to a mock that runs already."""
    group = parser.getgroup("adjourn")
    group.addoption("--adjourn-url", metavar="URL", help="test against the mock at this URL")


@pytest.fixture(scope="session")
def adjourn_mock(pytestconfig: pytest.Config) -> Iterator[RunningMock]:
    """A mock of the Chats API; `url` says where."""
    from .testing import attached_mock, running_mock

    given = pytestconfig.getoption("--adjourn-url")
    if given:
        try:
            mock = attached_mock(given)
        except ValueError as error:
            pytest.fail(f"--adjourn-url: {error}", pytrace=False)
        yield mock
        return
    with running_mock() as mock:
        yield mock


@pytest.fixture
def adjourn_sandbox(adjourn_mock: RunningMock, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox for this test alone; send its `headers` with every call."""
    from .testing import open_sandbox

    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with open_sandbox(adjourn_mock, f"{worker}-{request.node.nodeid}") as sandbox:
        yield sandbox


@pytest.fixture
def adjourn_clock(adjourn_sandbox: Sandbox) -> SandboxClock:
    """The sandbox's clock, to freeze and to advance."""
    return adjourn_sandbox.clock


@pytest.fixture
def adjourn_webhooks(adjourn_sandbox: Sandbox) -> Webhooks:
    """The webhooks of the sandbox: what came in, and what was delivered."""
    return adjourn_sandbox.webhooks


@pytest.fixture
def adjourn_agents(adjourn_sandbox: Sandbox) -> Agents:
    """The sandbox's agents, to be added to."""
    return adjourn_sandbox.agents
