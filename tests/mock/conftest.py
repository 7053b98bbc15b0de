"""A mock with every default, as a command too, and a world without HTTP."""

import asyncio
import json
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mock_server.agents import load_agents
from mock_server.choices import parse_choices
from mock_server.contract import load_contract
from mock_server.database import Database
from mock_server.fixtures import load_fixture
from mock_server.resources import resource
from mock_server.settings import Settings
from mock_server.store import SqliteRepository
from mock_server.world import World
from tests.serving import COMMAND, Api, clean_environment


@pytest.fixture(scope="module")
def api(start: Callable[..., Api]) -> Api:
    """A mock with every default."""
    return start()


@pytest.fixture
def make_world() -> Callable[..., World]:
    """Make a world whose clock is frozen."""

    def make(*, choices: tuple[str, ...] = (), db: Path | None = None, **settings: Any) -> World:
        made = replace(Settings(choices=parse_choices(choices)), **settings)
        agents = load_agents(load_fixture(resource("fixtures/agents.yaml")))
        store = SqliteRepository(Database(db), "default")
        world = World("default", store, agents, load_contract().lifecycle, made)
        world.clock.freeze()
        return world

    return make


@pytest.fixture(scope="session")
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine to its end."""
    return asyncio.run


@contextmanager
def launching() -> Iterator[Callable[..., tuple[subprocess.Popen[str], Any]]]:
    """Start the command; gives the process and what it announced."""
    running = []

    def begin(*options: str, **environment: str) -> tuple[subprocess.Popen[str], Any]:
        process = subprocess.Popen(
            [*COMMAND, "--json", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=clean_environment(**environment),
        )  # fmt: skip
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
def launch() -> Iterator[Callable[..., tuple[subprocess.Popen[str], Any]]]:
    """Start the command, which ends with the test."""
    with launching() as begin:
        yield begin
