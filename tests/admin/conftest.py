"""A mock over real HTTP with a client that steers it, and a webhook receiver."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import uvicorn

from mock_server.app import Mock
from mock_server.choices import parse_choices
from mock_server.serve import configure
from mock_server.settings import Settings

CHATS = "/api/v1/chats"
KEY = {"Authorization": "Bearer k"}


class Client(httpx.Client):
    """A client in one sandbox, with a word for each operation of the API."""

    mock: Mock

    def open(self, agent_id: str = "agent-echo", **members: Any) -> dict[str, Any]:
        return self.post(CHATS, json={"agent_id": agent_id, **members}).raise_for_status().json()

    def submit(self, session_id: str, content: str = "Hello", **members: Any) -> httpx.Response:
        body = {"content": content, **members}
        return self.post(f"{CHATS}/{session_id}/messages", json=body)

    def end(self, session_id: str) -> dict[str, Any]:
        return self.post(f"{CHATS}/{session_id}/end").raise_for_status().json()

    def read(self, session_id: str) -> dict[str, Any]:
        return self.get(f"{CHATS}/{session_id}").raise_for_status().json()

    def count(self, state: str = "all") -> int:
        return self.get(CHATS, params={"state": state}).raise_for_status().json()["total_count"]

    def admin(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.request(method, f"/__admin{path}", **options)

    def steer(self, method: str, path: str, **options: Any) -> Any:
        """The JSON value that a call of the control plane gives; it must succeed."""
        response = self.admin(method, path, **options)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def in_sandbox(self, name: str) -> "Client":
        other = Client(
            base_url=self.base_url, headers={**KEY, "X-Mock-Sandbox": name}, trust_env=False,
            timeout=20,
        )  # fmt: skip
        other.mock = self.mock
        return other


@dataclass
class Receiver:
    """A webhook target that answers with the scripted statuses, then with 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    hits: int = 0


def wait_until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    return wait_until


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[..., Client]]:
    """Start a mock as the command line does: `start(choices=["turn_delay=1"], **settings)`."""
    running: list[tuple[uvicorn.Server, threading.Thread, Client]] = []

    def begin(*, choices: tuple[str, ...] = (), **settings: Any) -> Client:
        mock = Mock(Settings(choices=parse_choices(choices), **settings))
        config = configure(mock.asgi)
        config.port = 0
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        wait_until(lambda: server.started or not thread.is_alive())
        port = server.servers[0].sockets[0].getsockname()[1]
        client = Client(
            base_url=f"http://127.0.0.1:{port}", headers=KEY, timeout=20, trust_env=False
        )
        client.mock = mock
        running.append((server, thread, client))
        return client

    yield begin
    for server, _, client in running:
        client.close()
        server.should_exit = True
    for _, thread, _ in running:
        thread.join(10)


@pytest.fixture(scope="module")
def shared(start: Callable[..., Client]) -> Client:
    """One mock with every default for the tests of a module."""
    return start()


@pytest.fixture
def client(shared: Client, request: pytest.FixtureRequest) -> Iterator[Client]:
    """A client in a sandbox of the test's own."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[-64:]
    with shared.in_sandbox(name) as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook receiver."""
    seen = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.hits += 1
            self.send_response(seen.statuses.pop(0) if seen.statuses else 200)
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
def raw(shared: Client) -> Callable[[bytes], bytes]:
    """Send bytes as they are to the mock, and give all that comes back."""

    def exchange(sent: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", shared.base_url.port or 0), 5) as wire:
            wire.sendall(sent)
            parts = []
            while part := wire.recv(65536):
                parts.append(part)
        return b"".join(parts)

    return exchange
