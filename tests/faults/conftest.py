"""A mock over real HTTP, served as the command serves it."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import httpx
import pytest
import uvicorn

from mock_server.app import Mock
from mock_server.choices import parse_choices
from mock_server.contract import load_contract
from mock_server.proxy import Proxy
from mock_server.serve import configure
from mock_server.settings import Settings

CHATS = "/api/v1/chats"
SOME_ID = "00000000-0000-4000-8000-000000000000"
HEADERS = {"Authorization": "Bearer key-1"}


class Api(httpx.Client):
    """A client of one mock."""

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

    def total(self) -> int:
        return self.get(CHATS, params={"state": "all"}).json()["total_count"]

    def raw(self, path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
        """All that comes back on a connection of its own until it is closed."""
        head = [f"{method} {path} HTTP/1.1", "Host: mock", "Connection: close",
                "Authorization: Bearer key-1", f"Content-Length: {len(body)}"]  # fmt: skip
        address = (self.base_url.host, self.base_url.port)
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall("\r\n".join([*head, *headers, "", ""]).encode() + body)
            received = b""
            while part := connection.recv(65536):
                received += part
        return received


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
        mock = Mock(Settings(choices=parse_choices(choices), **settings))
        config = configure(mock.asgi)
        config.port = 0
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        wait_until(lambda: server.started or not thread.is_alive())
        port = server.servers[0].sockets[0].getsockname()[1]
        api = Api(base_url=f"http://127.0.0.1:{port}", headers=HEADERS, timeout=20, trust_env=False)
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


class Receiver:
    """A webhook target that answers with the scripted statuses, then with 200."""

    def __init__(self) -> None:
        self.url = ""
        self.statuses: list[int] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.location: str | None = None

    def wait_for(self, count: int, seconds: float = 5.0) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.bodies) >= count, seconds)
        return [json.loads(body) for body in self.bodies]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook receiver."""
    seen = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = seen.statuses.pop(0) if seen.statuses else 200
            seen.headers.append({name.lower(): value for name, value in self.headers.items()})
            seen.bodies.append(body)
            self.send_response(status)
            if seen.location:
                self.send_header("Location", seen.location)
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


@pytest.fixture(scope="module")
def proxy(eventually_module):
    """Put a proxy before a URL; gives a client of it."""
    running = []

    def begin(upstream, **options):
        config = configure(Proxy(upstream, load_contract(), **options).asgi)
        config.port = 0
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        eventually_module(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=HEADERS, trust_env=False)
        running.append((server, thread, client))
        return client

    yield begin
    for server, thread, client in running:
        client.close()
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def eventually_module(eventually):
    return eventually


@pytest.fixture
def backend():
    """A backend that gives one scripted answer and keeps what it was asked."""

    class Backend(BaseHTTPRequestHandler):
        answer = (200, {"Content-Type": "application/json"}, b"{}")
        asked: ClassVar = []

        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            Backend.asked.append((self.command, self.path, dict(self.headers), body))
            status, headers, answer = Backend.answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_PUT = do_GET

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    Backend.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Backend
    server.shutdown()
    server.server_close()
