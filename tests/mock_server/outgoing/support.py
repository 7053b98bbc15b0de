"""A server, and how it is asked."""

from http.server import BaseHTTPRequestHandler

import httpx
import pytest

from mock_server.outgoing.clients import Outgoing


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"hi")

    def log_message(self, *_):
        pass


def ask(url, seconds=10.0, **outgoing):
    with Outgoing(**outgoing).client(url, seconds) as client:
        return client.get(url).text


def failure(url, seconds=10.0, **outgoing):
    with pytest.raises((httpx.HTTPError, OSError)) as caught:
        ask(url, seconds, **outgoing)
    return Outgoing(**outgoing).cause_of(caught.value, seconds)
