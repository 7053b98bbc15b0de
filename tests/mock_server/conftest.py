"""A mock with every default, as a command too, and a sandbox without HTTP."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE
from typing import Any, ClassVar

import httpx
import pytest

from mock_server.choices import parse_choices
from mock_server.contract.fixtures import load_fixture
from mock_server.contract.locations import resource
from mock_server.domain.agents import load_agents
from mock_server.proxy.app import Proxy
from mock_server.sandbox.sandbox import Sandbox
from mock_server.settings import Settings
from mock_server.store.opening import open_store
from tests import programs
from tests.serving import (
    COMMAND,
    HEADERS,
    Answering,
    Api,
    answering,
    clean_environment,
    serving,
    usual_files,
)

CONTRACT = usual_files().contract
SOME_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """A mock with every default."""
    with Api.of() as api:
        yield api


@pytest.fixture
def make_sandbox() -> Callable[..., Sandbox]:
    """Make a sandbox whose clock is frozen."""

    def make(*, choices: tuple[str, ...] = (), db: Path | None = None, **settings: Any) -> Sandbox:
        made = replace(Settings(choices=parse_choices(choices)), **settings)
        agents = load_agents(load_fixture(resource("fixtures/agents.yaml")))
        _, store_of = open_store(db)
        sandbox = Sandbox("default", store_of("default"), agents, usual_files().contract, made)
        sandbox.clock.freeze()
        return sandbox

    return make


@pytest.fixture(scope="session")
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine to its end."""
    return asyncio.run


@contextmanager
def launching() -> Iterator[Callable[..., tuple[programs.Process, Any]]]:
    """Start the command; gives the process and what it announced."""
    running = []

    def begin(*options: str, **environment: str) -> tuple[programs.Process, Any]:
        command = [*COMMAND, "--json", *options]
        process = programs.start(command, stderr=PIPE, env=clean_environment(**environment))
        running.append(process)
        assert process.stdout
        return process, json.loads(process.stdout.readline())

    try:
        yield begin
    finally:
        for process in running:
            process.kill()
            process.communicate()


@pytest.fixture
def launch() -> Iterator[Callable[..., tuple[programs.Process, Any]]]:
    """Start the command, which ends with the test."""
    with launching() as begin:
        yield begin


@pytest.fixture(scope="module")
def shared(api: Api) -> Api:
    """One mock with every default for the tests of a module."""
    return api


@pytest.fixture
def client(shared: Api, request: pytest.FixtureRequest) -> Iterator[Api]:
    """A client in a sandbox of the test's own."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[-64:]
    with shared.in_sandbox(name) as client:
        yield client


@pytest.fixture
def raw(shared: Api) -> Callable[[bytes], bytes]:
    """Send bytes as they are to the mock, and give all that comes back."""
    return shared.exchange


@pytest.fixture
def proxy() -> Iterator[Callable[..., httpx.Client]]:
    """Put a proxy before a URL; gives a client of it."""
    with ExitStack() as running:

        def begin(upstream, **options):
            url = running.enter_context(serving(Proxy(upstream, CONTRACT, **options).asgi))
            client = httpx.Client(base_url=url, headers=HEADERS, trust_env=False)
            return running.enter_context(client)

        yield begin


@pytest.fixture
def backend():
    """A backend that gives one scripted answer and keeps what it was asked."""

    class Backend(Answering):
        url = ""
        answer = (200, {"Content-Type": "application/json"}, b"{}")
        asked: ClassVar = []

        def do_GET(self):
            body = self.taken()
            Backend.asked.append((self.command, self.path, dict(self.headers), body))
            status, headers, answer = Backend.answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_PUT = do_HEAD = do_GET

    with answering(Backend) as Backend.url:
        yield Backend
