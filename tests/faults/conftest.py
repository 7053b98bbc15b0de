"""A mock over real HTTP, a proxy before a URL, and a backend that says what it is told to."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import httpx
import pytest

from mock_server.contract import load_contract
from mock_server.proxy import Proxy
from tests.serving import HEADERS, Api, answering, serving

SOME_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def api(start: Callable[..., Api]) -> Api:
    """A mock with every default."""
    return start()


@pytest.fixture(scope="module")
def proxy() -> Iterator[Callable[..., httpx.Client]]:
    """Put a proxy before a URL; gives a client of it."""
    with ExitStack() as running:

        def begin(upstream, **options):
            url = running.enter_context(serving(Proxy(upstream, load_contract(), **options).asgi))
            client = httpx.Client(base_url=url, headers=HEADERS, trust_env=False)
            return running.enter_context(client)

        yield begin


@pytest.fixture
def backend():
    """A backend that gives one scripted answer and keeps what it was asked."""

    class Backend(BaseHTTPRequestHandler):
        url = ""
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

        do_POST = do_PUT = do_HEAD = do_GET

        def log_message(self, *_):
            pass

    with answering(Backend) as Backend.url:
        yield Backend
