"""A mock with every default, and a world without HTTP."""

import asyncio
from collections.abc import Callable, Coroutine
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
from tests.serving import Api


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
