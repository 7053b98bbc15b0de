"""By way of which proxy a server is asked."""

import socket
import socketserver
import threading
from base64 import b64decode

import httpx
import pytest

from mock_server.outgoing.clients import Outgoing
from mock_server.outgoing.faults import OutgoingFault
from tests.serving import answering

from .support import Hello, ask, failure


def test_a_proxy_passes_on_what_is_asked(forward, secure, authority):
    with answering(Hello) as url:
        assert ask(url, proxy=forward) == "hi"
    assert ask(secure, proxy=forward, ca=authority.file) == "hi"


def test_a_proxy_of_the_environment_is_asked(forward, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", forward)
    with Outgoing().client("http://server.invalid", 10) as client:
        assert client.get("http://server.invalid").status_code == 502
    with pytest.raises(httpx.ConnectError):
        ask("http://server.invalid", no_proxy=True)


def test_a_proxy_that_is_not_there_is_named_as_the_cause():
    assert failure("http://server.invalid", proxy="http://127.0.0.1:1") == (
        "the connection was refused"
    )


class Forbidding(Hello):
    """A proxy that wants a password, whatever it is."""

    def do_GET(self):
        type(self).told = self.headers["Proxy-Authorization"]
        self.send_response(407)
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_a_proxy_that_wants_a_password_is_told_from_the_server(run):
    words = "the proxy on the way says 407 Proxy Authentication Required"
    with answering(Forbidding) as url:
        proxy = url.replace("://", "://me:p%C3%A4ss@")
        assert failure("http://server.invalid", proxy=proxy) == words

        async def fail():
            async with Outgoing(proxy=url).async_client("http://a.test", 5) as client:
                with pytest.raises(httpx.ProxyError):
                    await client.get("http://a.test")

        assert b64decode(Forbidding.told.removeprefix("Basic ")).decode() == "me:päss"
        run(fail())
        assert ask(f"{url}?", no_proxy=True) == ""


class Socks(socketserver.StreamRequestHandler):
    """A SOCKS proxy: takes whoever comes, and leads to where it is asked to."""

    def handle(self):
        self.rfile.read(self.rfile.read(2)[1])
        self.wfile.write(b"\5\0")
        assert self.rfile.read(4) == b"\5\1\0\3"  # a name, which the proxy looks up
        self.server.asked = self.rfile.read(self.rfile.read(1)[0]).decode()
        port = int.from_bytes(self.rfile.read(2))
        with socket.create_connection(("127.0.0.1", port)) as far:
            self.wfile.write(b"\5\0\0\1" + bytes(6))
            far.sendall(self.connection.recv(65536))
            while part := far.recv(65536):
                self.wfile.write(part)


def test_a_socks_proxy_is_asked(monkeypatch):
    with (
        answering(Hello) as url,
        socketserver.TCPServer(("127.0.0.1", 0), Socks) as server,
    ):
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        port = url.rpartition(":")[2]
        monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{server.server_address[1]}")
        assert ask(f"http://hidden.test:{port}") == "hi"
        assert server.asked == "hidden.test"
        server.shutdown()


PROXY, OTHER = "http://proxy.test:3128", "https://other.test"


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, "http://a.test", None),
        ({"HTTP_PROXY": PROXY}, "http://a.test", PROXY),
        ({"HTTP_PROXY": PROXY}, "https://a.test", None),
        ({"HTTPS_PROXY": PROXY}, "https://a.test", PROXY),
        ({"ALL_PROXY": PROXY}, "https://a.test", PROXY),
        ({"https_proxy": OTHER, "HTTPS_PROXY": PROXY}, "https://a.test", OTHER),
        ({"ALL_PROXY": PROXY, "HTTPS_PROXY": OTHER}, "https://a.test", OTHER),
        ({"HTTP_PROXY": "proxy.test:3128"}, "http://a.test", PROXY),
        ({"HTTP_PROXY": ""}, "http://a.test", None),
        ({"ALL_PROXY": PROXY}, "http://localhost:80", None),
        ({"ALL_PROXY": PROXY}, "http://127.1.2.3", None),
        ({"ALL_PROXY": PROXY}, "http://[::1]:80", None),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "a.test"}, "http://a.test", None),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "a.test"}, "http://x.a.test", None),
        ({"ALL_PROXY": PROXY, "NO_PROXY": ".a.test"}, "http://x.a.test", None),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "*.a.test"}, "http://x.a.test", None),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "a.test"}, "http://xa.test", PROXY),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "b, A.test ,c"}, "http://a.test", None),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "a.test:80"}, "http://a.test:80", None),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "a.test:80"}, "http://a.test:81", PROXY),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "a.test:443"}, "https://a.test", None),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "a.test:80"}, "https://a.test", PROXY),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "[fd00::1]"}, "http://[fd00::1]", None),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "[fd00::1]:81"}, "http://[fd00::1]", PROXY),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "*"}, "http://a.test", None),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8"}, "http://10.9.8.7", None),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8"}, "http://11.9.8.7", PROXY),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "fd00::/8"}, "http://[fd00::1]", None),
        ({"ALL_PROXY": PROXY, "no_proxy": ",,"}, "http://a.test", PROXY),
    ],
)
def test_the_environment_names_the_proxy_and_what_it_is_not_for(
    monkeypatch, environment, url, proxy
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Outgoing().proxy_for(url) == proxy
    assert Outgoing(no_proxy=True).proxy_for(url) is None


def test_a_given_proxy_wins_and_is_for_loopback_too(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", OTHER)
    assert Outgoing(proxy=PROXY).proxy_for("http://a.test") == PROXY
    assert Outgoing(proxy=PROXY).proxy_for("http://127.0.0.1") == PROXY
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert Outgoing(proxy="proxy.test:3128").proxy_for("http://127.0.0.1") == PROXY


def test_a_proxy_of_another_kind_is_told_without_its_password(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "ftp://user:hush@proxy.test")
    with pytest.raises(OutgoingFault) as caught:
        ask("http://a.test")
    assert "ALL_PROXY of the environment" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_the_scripts_of_a_web_server_ask_no_proxy_of_their_callers(monkeypatch):
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    assert Outgoing().proxy_for("http://a.test") is None
    monkeypatch.setenv("http_proxy", OTHER)
    assert Outgoing().proxy_for("http://a.test") == OTHER
