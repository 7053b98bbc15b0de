"""Fixtures for tests of what talks to the Chats API: a mock, a sandbox a test, its controls.

Nothing is imported or started until a test asks for it. By default each test process has a
mock of its own on a free port; `--adjourn-url` points all of them to one that runs already.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .testing import Agents, RunningMock, Sandbox, SandboxClock, Webhooks


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that point to a mock that runs already, and lead to it."""
    group = parser.getgroup("adjourn")
    add = group.addoption
    add("--adjourn-url", metavar="URL", help="test against the mock at this URL")
    add("--adjourn-ca", metavar="FILE", type=Path, help="PEM certificates to trust")
    add("--adjourn-client-cert", metavar="FILE[,KEY]", help="PEM certificate to show, and its key")
    add("--adjourn-insecure", action="store_true", help="check no certificate of a server")
    add("--adjourn-proxy", metavar="URL", help="ask by way of this proxy")
    add("--adjourn-no-proxy", action="store_true", help="ask no proxy")
    add("--adjourn-http2", action="store_true", help="speak HTTP/2 alone")
    add("--adjourn-header", metavar="'NAME: VALUE'", action="append", help="add this header")


def pytest_configure(config: pytest.Config) -> None:
    """Tell of a certificate or a proxy that cannot be used before any test asks for the mock."""
    outgoing = _outgoing(config)
    if any(outgoing.values()):
        from .client import KEY
        from .outgoing.clients import Outgoing
        from .outgoing.faults import OutgoingFault

        try:
            Outgoing.of(config.getoption("--adjourn-url"), key=KEY, **outgoing)
        except OutgoingFault as fault:
            raise pytest.UsageError(_in_pytest(fault)) from None


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say loudly that no certificate is checked."""
    told = "adjourn: --adjourn-insecure: no certificate of a server is checked"
    return [told] if config.getoption("--adjourn-insecure") else []


@pytest.fixture(scope="session")
def adjourn_mock(pytestconfig: pytest.Config) -> Iterator[RunningMock]:
    """A mock of the Chats API; `url` says where."""
    from .testing import attached_mock, running_mock

    given = pytestconfig.getoption("--adjourn-url")
    if given:
        # The control plane's token is a secret, which has no place on a command line.
        token = os.environ.get("ADJOURN_ADMIN_TOKEN")
        try:
            mock = attached_mock(given, token, **_outgoing(pytestconfig))
        except ValueError as error:
            pytest.fail(f"--adjourn-url: {_in_pytest(error)}", pytrace=False)
        yield mock
        return
    with running_mock() as mock:
        yield mock


def _in_pytest(fault: Exception) -> str:
    """The words of a fault, with the names that the options have here."""
    return re.sub("--(?=ca|client-|insecure|proxy|no-|http2|header)", "--adjourn-", str(fault))


def _outgoing(config: pytest.Config) -> dict[str, Any]:
    names = ("ca", "client_cert", "insecure", "proxy", "no_proxy", "http2", "header")
    given = {name: config.getoption(f"adjourn_{name}") for name in names}
    return {**given, "header": given["header"] or ()}


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
