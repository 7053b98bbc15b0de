"""How other servers are reached: sockets, versions of HTTP, and the words for a failure."""

import socket
import socketserver
import ssl
import threading
from pathlib import Path

import httpx
import pytest

from mock_server.outgoing.clients import Outgoing
from mock_server.outgoing.faults import OutgoingFault, cause_of
from tests.conformance.target.servers import Server6, page
from tests.network import http2_alone, hypercorn
from tests.serving import answering, running

from .support import Hello, ask, failure


def test_nothing_else_of_the_environment_is_taken(monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    seen = []

    class Kept(Hello):
        def do_GET(self):
            seen.append(self.headers.get("Authorization"))
            super().do_GET()

    with answering(Kept) as url:
        ask(url)
    assert seen == [None]


def test_a_unix_socket_is_asked_whatever_the_host(tmp_path):
    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True

    class OnSocket(Hello):
        def address_string(self):
            return "socket"

    path = tmp_path / "s"
    with Server(str(path), OnSocket) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        assert ask("http://no.such.host.invalid/", unix_socket=path) == "hi"
        server.shutdown()


def test_a_socket_that_is_not_there_is_named_as_the_cause(tmp_path, run):
    async def scene():
        async with Outgoing(unix_socket=tmp_path / "none").async_client(
            "http://a.test", 5
        ) as client:
            with pytest.raises(httpx.ConnectError) as caught:
                await client.get("http://a.test")
        return cause_of(caught.value)

    assert run(scene()) == "no such file or directory"


def test_the_causes_have_words():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert failure(f"http://127.0.0.1:{port}", 0.2) == "no answer within 0.2 s"
    assert failure("http://127.0.0.1:1") == "the connection was refused"
    assert failure("http://[::1]:1") == "the connection was refused"
    assert failure("http://no-such-host.invalid") == "there is no host of this name"
    assert cause_of(ssl.SSLError(1, "x")) == "TLS failed (x)"
    assert cause_of(httpx.RemoteProtocolError("")) == "RemoteProtocolError"
    assert cause_of(TimeoutError()) == "no answer in time"


def test_a_server_that_hangs_up_is_named_as_the_cause():
    class Mute(Hello):
        def do_GET(self):
            self.close_connection = True

    with answering(Mute) as url:
        assert "without sending" in failure(url)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_the_zone_of_an_address_is_not_told_to_the_server(run):
    handler = page()
    with running(Server6(("::1", 0), handler)) as server:
        port = server.server_address[1]
        url = f"http://[::1%251]:{port}/"  # of the first interface
        ask(url)

        async def look():
            async with Outgoing().async_client(url, 10) as client:
                await client.get(url)

        run(look())
    assert [headers["host"] for _, headers in handler.asked] == [f"[::1]:{port}"] * 2


def test_no_cookie_is_kept():
    seen = []

    class Baker(Hello):
        def do_GET(self):
            seen.append(self.headers.get("Cookie"))
            self.send_response(204)
            self.send_header("Set-Cookie", "a=b")
            self.end_headers()

    with answering(Baker) as url, Outgoing().client(url, 5) as client:
        client.get(url)
        client.get(url)
    assert seen == [None, None]


def test_a_server_that_refuses_http_1_is_spoken_to_in_http_2(tmp_path, authority, run):
    with http2_alone(tmp_path, authority) as url:
        outgoing = Outgoing(ca=authority.file)
        with outgoing.client(url, 10) as client:
            assert [client.get(url).json()["version"] for _ in range(2)] == ["2", "2"]

        async def ask_twice():
            async with outgoing.async_client(url, 10) as client:
                return [(await client.get(url)).json()["version"] for _ in range(2)]

        assert run(ask_twice()) == ["2", "2"]


def test_http_2_is_spoken_without_tls_when_told(tmp_path, run):
    with hypercorn(tmp_path) as port:
        url = f"http://127.0.0.1:{port}"
        assert '"version": "2"' in ask(url, http2=True)
        assert '"version": "1.1"' in ask(url)
    with answering(Hello) as url:
        assert failure(url, http2=True) == "Server disconnected, or speaks no HTTP/2: see --http2"


def test_what_is_no_socket_is_told(tmp_path):
    with pytest.raises(OutgoingFault, match="--unix-socket .* is no socket"):
        Outgoing(unix_socket=tmp_path).check()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"insecure": True, "ca": "a.pem"}, "--insecure and --ca exclude one another"),
        (
            {"proxy": "proxy.test", "unix_socket": "a"},
            "--proxy and --unix-socket exclude one another",
        ),
        ({"unix_socket": Path("s" * 108)}, "--unix-socket s*: too long; give a shorter path"),
    ],
)
def test_what_does_not_go_together_is_told(given, told):
    with pytest.raises(OutgoingFault, match=told):
        Outgoing(**given).check()
