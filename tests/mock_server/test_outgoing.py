"""How other servers are reached: certificates, proxies, sockets, and the words for a failure."""

import socket
import socketserver
import ssl
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from mock_server.outgoing.clients import Outgoing
from mock_server.outgoing.faults import OutgoingFault, cause_of
from mock_server.outgoing.headers import parse_headers
from tests.conformance.target.servers import Server6, page, running
from tests.network import Authority, answering_tls, forwarding, http2_alone, hypercorn
from tests.serving import answering

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("strangers"))


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"hi")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def secure(authority):
    with answering_tls(Hello, authority.issue("localhost")) as url:
        yield url


@pytest.fixture(scope="module")
def mutual(authority):
    with answering_tls(Hello, authority.issue("localhost", "mutual"), authority) as url:
        yield url


@pytest.fixture(scope="module")
def forward(tmp_path_factory):
    with forwarding(tmp_path_factory.mktemp("proxy")) as url:
        yield url


def ask(url, seconds=10.0, **outgoing):
    with Outgoing(**outgoing).client(url, seconds) as client:
        return client.get(url).text


def failure(url, seconds=10.0, **outgoing):
    with pytest.raises((httpx.HTTPError, OSError)) as caught:
        ask(url, seconds, **outgoing)
    return Outgoing(**outgoing).cause_of(caught.value, seconds)


def test_a_private_authority_is_trusted_when_it_is_named(secure, authority):
    assert ask(secure, ca=authority.file) == "hi"


def test_a_private_authority_is_trusted_that_the_environment_names(secure, authority, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    assert ask(secure) == "hi"


def test_an_authority_that_the_system_trusts_is_trusted(secure, authority, monkeypatch):
    def load(context, *_):
        context.load_verify_locations(authority.file)

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", load)
    assert ask(secure) == "hi"


def test_both_the_option_and_the_environment_are_trusted(secure, authority, stranger, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(stranger.file))
    assert ask(secure, ca=authority.file) == "hi"


@pytest.mark.parametrize("insecure", [False, True])
def test_no_keys_are_written_where_another_program_is_told_to(monkeypatch, tmp_path, insecure):
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "no-such-folder" / "keys"))
    assert Outgoing(insecure=insecure).tls.keylog_filename is None


def test_no_certificate_is_checked_when_told_so(secure):
    assert ask(secure, insecure=True) == "hi"


def test_an_unknown_authority_is_named_as_the_cause(secure):
    told = failure(secure)
    assert "certificate is not trusted" in told
    assert "--ca" in told


def test_another_name_is_named_as_the_cause(secure, authority):
    told = failure(secure.replace("localhost", "127.0.0.1"), ca=authority.file)
    assert "127.0.0.1" in told
    assert "--ca" not in told


def test_a_client_certificate_is_shown(mutual, authority):
    certificate, key = authority.issue("client.test")
    assert ask(mutual, ca=authority.file, client_cert=(certificate, key)) == "hi"
    joined = certificate.with_name("joined.pem")
    joined.write_bytes(certificate.read_bytes() + key.read_bytes())
    assert ask(mutual, ca=authority.file, client_cert=(joined, None)) == "hi"


def test_a_server_that_wants_a_certificate_is_told_apart(mutual, authority):
    assert failure(mutual, ca=authority.file).endswith("; see --client-cert")


def test_a_server_without_tls_is_named_as_the_cause(authority):
    with answering(Hello) as url:
        assert "TLS" in failure(url.replace("http:", "https:"), ca=authority.file)


@pytest.mark.parametrize(
    ("file", "words"),
    [("missing.pem", "No such file"), ("text.pem", "no certificate"), (".", "directory")],
)
def test_an_authority_that_cannot_be_used_is_told_with_its_file(tmp_path, file, words):
    (tmp_path / "text.pem").write_text("no PEM at all")
    with pytest.raises(OutgoingFault) as caught:
        ask("https://127.0.0.1:1", ca=tmp_path / file)
    told = str(caught.value)
    assert told.startswith(f"--ca {tmp_path / file}: ")
    assert words.lower() in told.lower()


def test_a_client_certificate_that_cannot_be_used_is_told_with_its_file(tmp_path, authority):
    certificate, _ = authority.issue("a.test")
    _, other = authority.issue("b.test")
    locked = tmp_path / "locked.key"
    locked.write_text(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
    )
    for pair in ((certificate, None), (certificate, other), (certificate, locked)):
        with pytest.raises(OutgoingFault, match=f"--client-cert {certificate}"):
            ask("https://127.0.0.1:1", client_cert=pair)


def test_a_file_of_the_environment_that_cannot_be_used_is_told_by_its_name(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with pytest.raises(OutgoingFault, match="SSL_CERT_FILE=.*missing.pem: .*correct or unset it"):
        ask("https://127.0.0.1:1")


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


def test_added_headers_stand_in_every_request_and_follow_no_redirect(monkeypatch):
    monkeypatch.setenv("GATEWAY_KEY", "gateway-key-1")
    seen = []

    class Leading(Hello):
        def do_GET(self):
            seen.append(self.headers.get_all("X-Key"))
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/b")
            self.send_header("Content-Length", "0")
            self.end_headers()

    outgoing = Outgoing.of(header=["X-Key: $GATEWAY_KEY", "x-key: a$$b", "User-Agent: Zoë"])
    with answering(Leading) as url, outgoing.client(url, 5) as client:
        assert client.get(url).status_code == 302
    assert seen == [["gateway-key-1", "a$b"]]
    assert "gateway-key-1" not in repr(outgoing)
    assert outgoing.redacted(b"has gateway-key-1, a$b") == b"has [redacted], a$b"


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("hush-hush", "--header without a colon: wanted 'Name: value'"),
        (": hush", "--header '': wanted 'Name: value'"),
        ("X Key: hush", "--header 'X Key': wanted 'Name: value'"),
        ("X-Kéy: hush", "--header 'X-Kéy': wanted"),
        ("X-Key: $NOWHERE", "--header X-Key: the environment has no variable NOWHERE"),
        ("X-Key: 5$", "--header X-Key: a dollar sign begins .* written"),
        ("X-Key: hush\r\nX-More: b", "--header X-Key: the value holds what no HTTP header can"),
        ("X-Key: hush\udcff", "--header X-Key: the value holds what no HTTP header can"),
        ("Content-Length: 5", "--header Content-Length: this header is not to be added"),
        ("proxy-authorization: hush", "a proxy's password goes in --proxy"),
        ("Authorization: hush", "--header Authorization: the key goes elsewhere"),
    ],
)
def test_a_header_that_cannot_be_added_is_named_without_its_value(header, told):
    with pytest.raises(OutgoingFault, match=told) as caught:
        parse_headers([header], key="the key goes elsewhere")
    assert "hush" not in str(caught.value)


def test_authorization_is_added_where_nothing_else_says_it():
    assert parse_headers(["Authorization: Basic a"]) == ((b"Authorization", b"Basic a"),)


def test_what_is_no_socket_is_told(tmp_path):
    with pytest.raises(OutgoingFault, match="--unix-socket .* is no socket"):
        Outgoing(unix_socket=tmp_path).check()


def test_a_request_has_one_host():
    with pytest.raises(OutgoingFault, match="--header Host is given more than once"):
        parse_headers(["Host: a.test", "host: b.test"])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"insecure": True, "ca": "a.pem"}, "--insecure and --ca exclude one another"),
        ({"proxy": PROXY, "unix_socket": "a"}, "--proxy and --unix-socket exclude one another"),
        ({"unix_socket": Path("s" * 108)}, "--unix-socket s*: too long; give a shorter path"),
    ],
)
def test_what_does_not_go_together_is_told(given, told):
    with pytest.raises(OutgoingFault, match=told):
        Outgoing(**given).check()


def test_the_scripts_of_a_web_server_ask_no_proxy_of_their_callers(monkeypatch):
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    assert Outgoing().proxy_for("http://a.test") is None
    monkeypatch.setenv("http_proxy", OTHER)
    assert Outgoing().proxy_for("http://a.test") == OTHER
