"""A mock over real HTTP, a world without HTTP, and a webhook receiver."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from mock_server.agents import load_agents
from mock_server.app import Mock
from mock_server.choices import parse_choices
from mock_server.contract import load_contract
from mock_server.database import Database
from mock_server.fixtures import load_fixture
from mock_server.resources import resource
from mock_server.settings import Settings
from mock_server.store import SqliteRepository
from mock_server.world import World

CHATS = "/api/v1/chats"
TOKEN = "key-1"


class Api(httpx.Client):
    """A client of one mock, with a word for each operation."""

    mock: Mock

    def open(self, agent_id: str = "agent-echo", **members: Any) -> dict[str, Any]:
        return self.post(CHATS, json={"agent_id": agent_id, **members}).raise_for_status().json()

    def submit(self, session_id: str, content: str = "Hello", **members: Any) -> httpx.Response:
        body = {"content": content, **members}
        return self.post(f"{CHATS}/{session_id}/messages", json=body)

    def end(self, session_id: str, **body: Any) -> httpx.Response:
        return self.post(f"{CHATS}/{session_id}/end", json=body)

    def read(self, session_id: str) -> dict[str, Any]:
        return self.get(f"{CHATS}/{session_id}").raise_for_status().json()

    def list(self, **query: Any) -> dict[str, Any]:
        return self.get(CHATS, params=query).raise_for_status().json()

    def search(self, **body: Any) -> dict[str, Any]:
        response = self.post("/api/v1/callresults/search", json=body)
        return response.raise_for_status().json()


@dataclass
class Receiver:
    """A webhook target that answers with the scripted statuses, then with 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    pause: float = 0.0

    def wait_for(self, count: int, seconds: float = 5.0) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.bodies) >= count, seconds)
        return self.bodies


def wait_until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    return wait_until


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[..., Api]]:
    """Start a mock: `start(choices=["turn_delay=1"], **settings)`."""
    running: list[tuple[uvicorn.Server, threading.Thread, Api]] = []

    def begin(*, choices: tuple[str, ...] = (), **settings: Any) -> Api:
        mock = Mock(Settings(choices=parse_choices(choices), **{"token": TOKEN, **settings}))
        config = uvicorn.Config(mock.asgi, port=0, log_config=None, lifespan="on", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        wait_until(lambda: server.started or not thread.is_alive())
        port = server.servers[0].sockets[0].getsockname()[1]
        headers = {"Authorization": f"Bearer {TOKEN}"}
        limits = httpx.Limits(max_connections=200)
        api = Api(
            base_url=f"http://127.0.0.1:{port}",
            headers=headers,
            timeout=20,
            limits=limits,
            trust_env=False,
        )
        api.mock = mock
        running.append((server, thread, api))
        return api

    yield begin
    for server, _, api in running:
        api.close()
        server.should_exit = True
    for _, thread, _ in running:
        thread.join(10)


@pytest.fixture(scope="module")
def api(start: Callable[..., Api]) -> Api:
    """A mock with every default."""
    return start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook receiver."""
    seen = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(seen.pause)
            status = seen.statuses.pop(0) if seen.statuses else 200
            seen.headers.append(dict(self.headers.items()))
            seen.bodies.append(json.loads(body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield seen
    server.shutdown()
    server.server_close()


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
