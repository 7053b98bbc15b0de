"""Targets on real sockets, that answer every request with an empty page and send webhooks."""

import json
import socket
import socketserver
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Any

import httpx

from conformance.target.listener import Listener
from tests.serving import Answering, running

EMPTY_PAGE = {"items": [], "total_count": 0}


class Page(Answering):
    """Answers with an empty page, and keeps what it was asked."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        self.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        self.answer(200, EMPTY_PAGE)

    do_POST = do_GET

    def answer(self, status: int, body: Any, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.reply(status, content, **{"content_type": "application/json", **headers})

    def address_string(self) -> str:
        return "client"


def page() -> type[Page]:
    """A handler with a memory of its own."""
    return type("Remembering", (Page,), {"asked": []})


class Server6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@contextmanager
def speaking(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """A target that says what it likes to whoever connects, once the request's head has come."""

    class Speaker(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            head = b""
            try:
                while b"\r\n\r\n" not in head:
                    if not (part := self.request.recv(65536)):
                        return
                    head += part
                speak(self.request)
            except OSError:
                pass  # the client has left

    class Raw(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with running(Raw(("127.0.0.1", 0), Speaker)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}"


def deliver(listener: Listener, marker: str, timeout: float = 5.0, **members: Any) -> int:
    """Send a webhook; the status that it is answered with."""
    payload = {"callAdditionalData": {"marker": marker}, **members}
    answer = httpx.post(listener.url, json=payload, timeout=timeout, trust_env=False)
    return answer.status_code
