"""Java's own HTTP client, which offers HTTP/2 with each first request, to the mock and a proxy."""

import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mock_server.contract.document import load_contract
from mock_server.proxy.app import Proxy
from tests.serving import HANGING, TOKEN, serving

CLIENT = Path(__file__).with_name("Client.java")
# What java.net.http of JDK 17 sends for it, but for the port.
OFFER = (
    b"Connection: Upgrade, HTTP2-Settings\r\n%sHost: 127.0.0.1:4010\r\n"
    b"HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA\r\n%sUpgrade: h2c\r\n"
    b"User-Agent: Java-http-client/17.0.15\r\nAuthorization: Bearer key-1\r\n"
    b"Content-Type: application/json\r\n\r\n"
)
BODY = b'{"agent_id":"agent-echo","channel":"java"}'
RECORDED = {
    "a body": (
        b"POST /api/v1/chats HTTP/1.1\r\n" + OFFER % (b"Content-Length: 42\r\n", b"") + BODY,
        b" 201 ",
    ),
    "chunks": (
        b"POST /api/v1/chats HTTP/1.1\r\n"
        + OFFER % (b"", b"Transfer-encoding: chunked\r\n")
        + b"2a\r\n" + BODY + b"\r\n0\r\n\r\n",
        b" 201 ",
    ),
    "no body": (
        b"GET /api/v1/chats HTTP/1.1\r\n" + OFFER % (b"Content-Length: 0\r\n", b""),
        b" 200 ",
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=["mock", "proxy"])
def url(request, api):
    """A mock, or a proxy before it."""
    upstream = str(api.base_url).rstrip("/")
    if request.param == "mock":
        yield upstream
    else:
        with serving(Proxy(upstream, load_contract()).asgi) as proxied:
            yield proxied


@pytest.mark.parametrize("name", RECORDED)
def test_what_it_sends_is_read_whole(url, name):
    sent, status = RECORDED[name]
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), timeout=HANGING) as connection:
        connection.sendall(sent)
        assert status in connection.recv(65536).partition(b"\r\n")[0]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("javac") is None, reason="needs a JDK")
def test_it_is_answered(url):
    done = subprocess.run(
        ["java", CLIENT, url, TOKEN], capture_output=True, text=True, timeout=HANGING
    )
    assert (done.stdout.split(), done.stderr) == (["201", "201", "200"], "")
