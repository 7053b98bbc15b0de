"""Servers in threads of the tests' own process: a mock with its client, a webhook receiver."""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from typing import Any, Self, TypeVar

import httpx
import uvicorn
from starlette.types import ASGIApp

from mock_server.app import App
from mock_server.choices import parse_choices
from mock_server.files import Files, read_files
from mock_server.mock import Mock
from mock_server.serve.listening import address, bind
from mock_server.serve.server import configure
from mock_server.settings import Settings

COMMAND = ("-m", "mock_server")
_T = TypeVar("_T")
HELLO = {"content": "Hello"}
CHATS = "/api/v1/chats"
TOKEN = "key-1"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
HANGING = 120.0  # seconds after which what has not happened never will, on any machine
_POLL_SECONDS = 0.02  # how soon a server notices that it is to stop


@cache
def usual_files() -> Files:
    """What a mock is made from by default, read once."""
    return read_files(Settings())


class Api(httpx.Client):
    """A client of one mock, with a word for each operation."""

    mock: Mock

    @classmethod
    @contextmanager
    def of(cls, choices: tuple[str, ...] = (), **settings: Any) -> Iterator[Self]:
        """A mock of these settings over HTTP, served as the command serves it; its client."""
        own = settings.keys() & {"contract", "agents", "seed"}
        given = Settings(choices=parse_choices(choices), **{"token": TOKEN, **settings})
        app = App(given, None if own else usual_files())
        with serving(app.asgi) as url, cls.at(url) as api:
            api.mock = app.mock
            yield api

    @classmethod
    def at(cls, url: str, **headers: str) -> Self:
        """A client of what answers there, with the key that the tests use."""
        limits = httpx.Limits(max_connections=200)
        return cls(
            base_url=url,
            headers={**HEADERS, **headers},
            timeout=20,
            limits=limits,
            trust_env=False,
        )

    def open(self, agent_id: str = "agent-echo", **members: Any) -> Any:
        return self.post(CHATS, json={"agent_id": agent_id, **members}).raise_for_status().json()

    def submit(self, session_id: str, content: str = "Hello", **members: Any) -> httpx.Response:
        body = {"content": content, **members}
        return self.post(f"{CHATS}/{session_id}/messages", json=body)

    def end(self, session_id: str, **body: Any) -> httpx.Response:
        return self.post(f"{CHATS}/{session_id}/end", json=body)

    def read(self, session_id: str) -> Any:
        return self.get(f"{CHATS}/{session_id}").raise_for_status().json()

    def list(self, **query: Any) -> Any:
        return self.get(CHATS, params=query).raise_for_status().json()

    def count(self, state: str = "all") -> int:
        return int(self.list(state=state)["total_count"])

    def search(self, **body: Any) -> Any:
        response = self.post("/api/v1/callresults/search", json=body)
        return response.raise_for_status().json()

    def admin(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.request(method, f"/__admin{path}", **options)

    def steer(self, method: str, path: str, **options: Any) -> Any:
        """The JSON value that a call of the control plane gives; it must succeed."""
        response = self.admin(method, path, **options)
        assert response.is_success, response.text
        return response.json() if response.content else None

    @contextmanager
    def sending(self, sent: bytes) -> Iterator[socket.socket]:
        """A connection of its own, on which these bytes were sent."""
        where = (self.base_url.host, self.base_url.port)
        with socket.create_connection(where, timeout=HANGING) as connection:
            connection.sendall(sent)
            yield connection

    def exchange(self, sent: bytes) -> bytes:
        """All that comes back for these bytes, until the connection is closed."""
        with self.sending(sent) as connection:
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def raw(self, path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
        """All that comes back for a request, as it stands on the wire."""
        return self.exchange(wire(path, *headers, method=method, body=body))

    def in_sandbox(self, name: str) -> Self:
        other = self.at(str(self.base_url), **{"X-Mock-Sandbox": name})
        other.mock = self.mock
        return other


def wire(path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    """A request as it stands on the wire, the last one of its connection."""
    own = (f"Authorization: {HEADERS['Authorization']}", f"Content-Length: {len(body)}")
    head = (f"{method} {path} HTTP/1.1", "Host: mock", "Connection: close", *own, *headers)
    return "\r\n".join([*head, "", ""]).encode() + body


class Receiver:
    """A webhook target that answers with the scripted statuses, then with 200.

    `pause` are seconds before each answer, `location` is where a redirect points.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.statuses: list[int] = []
        self.arrived = 0  # also what is not answered yet
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.pause = 0.0
        self.location: str | None = None

    def wait_for(self, count: int, seconds: float = HANGING) -> list[dict[str, Any]]:
        """The payloads, as soon as so many have come."""
        wait_until(lambda: len(self.bodies) >= count, seconds)
        return [json.loads(body) for body in self.bodies]


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without what would set options of a mock, and with something else."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ADJOURN_")}
    return {**{k: v for k, v in kept.items() if k not in ("PORT", "HOST")}, **extra}


def wait_until(condition: Callable[[], _T], seconds: float = HANGING) -> _T:
    """What the condition gives, as soon as that is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.01)
    return found


@contextmanager
def under_way(
    client: httpx.Client, method: str, path: str, **options: Any
) -> Iterator[Future[httpx.Response]]:
    """A request that the server has begun with; its answer is to come."""
    sent = threading.Event()
    url = client.base_url.join(path)

    def follow(step: str, _: dict[str, Any]) -> None:
        if step == "http11.send_request_body.complete":
            sent.set()

    with ThreadPoolExecutor(1) as pool:
        extensions = {"trace": follow}
        answer = pool.submit(client.request, method, url, extensions=extensions, **options)
        answer.add_done_callback(lambda _: sent.set())
        sent.wait()
        # Served in the order that they came in: when this is answered, the other is begun.
        httpx.get(url.join("/livez"), trust_env=False).raise_for_status()
        yield answer


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """An application on a free port, as the command serves it; its URL."""
    listeners = bind("127.0.0.1", 0)
    server = uvicorn.Server(configure(app))
    thread = threading.Thread(target=server.run, args=(listeners,), daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive())
        yield address("127.0.0.1", listeners)
    finally:
        server.should_exit = True
        thread.join(HANGING)


class Answering(BaseHTTPRequestHandler):
    """A handler that prints nothing."""

    def taken(self) -> bytes:
        """The body of the request."""
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def reply(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "content_length": str(len(content))}.items():
            self.send_header(name.replace("_", "-"), value)
        with suppress(ConnectionError):  # of a client that is gone
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def running(server: BaseServer) -> Iterator[Any]:
    """A server, in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(HANGING)


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A handler on a free port; its URL."""
    with running(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}"


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A webhook receiver."""
    seen = Receiver("")

    class Handler(Answering):
        def do_POST(self) -> None:
            body = self.taken()
            seen.arrived += 1
            time.sleep(seen.pause)
            status = seen.statuses.pop(0) if seen.statuses else 200
            seen.headers.append({name.lower(): value for name, value in self.headers.items()})
            seen.bodies.append(body)
            self.reply(status, b"", **({"location": seen.location} if seen.location else {}))

    with answering(Handler) as url:
        seen.url = f"{url}/hook"
        yield seen
