"""The ways to a target, over real sockets: TLS, client certificates, proxies, HTTP/2 and others."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.config.settings import Config, UsageError
from conformance.contract.document import Contract
from conformance.judging.evidence import Evidence
from conformance.judging.outcomes import Blocked
from conformance.registry import watch_of
from conformance.target.api import Api
from conformance.target.client import Client
from conformance.target.network import exchange
from conformance.target.tls import tls_context
from conformance.target.transport import Transport, http_client
from tests.network import Authority, answering_tls, forwarding
from tests.serving import wait_until

from .servers import Page, Server6, UnixServer, page, running, serving

Ask = Callable[..., Any]
HYPERCORN = """
import json
async def app(scope, receive, send):
    if scope["type"] == "http":
        body = json.dumps({"items": [], "version": scope["http_version"]}).encode()
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": body})
"""


@pytest.fixture
def ask(contract: Contract) -> Iterator[Ask]:
    """Ask a target for its sessions; gives the status."""
    clients: list[Client] = []

    def status(target: str, **settings: Any) -> int:
        config = Config(target=target, **{"timeout": 20.0, "max_requests": 9, **settings})
        clients.append(Client(config, watch_of(contract), Evidence()))
        return Api(clients[-1], "conf-test").list().status

    yield status
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secure(authority: Authority) -> Iterator[str]:
    with answering_tls(page(), authority.issue("localhost")) as url:
        yield url


# TLS.


def test_a_private_authority_is_named_by_an_option(
    ask: Ask, secure: str, authority: Authority
) -> None:
    assert ask(secure, ca=authority.file) == 200


def test_a_private_authority_is_named_by_the_environment(
    ask: Ask, secure: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    assert ask(secure) == 200


@pytest.mark.parametrize("insecure", [False, True])
def test_no_keys_are_written_where_another_program_is_told_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, insecure: bool
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "no-such-folder" / "keys"))
    config = Config(target="https://staging.test", insecure=insecure)
    assert tls_context(config.connection).keylog_filename is None


def test_an_unknown_authority_is_not_trusted(ask: Ask, secure: str) -> None:
    with pytest.raises(Blocked, match="certificate verify failed"):
        ask(secure)


def test_a_certificate_of_another_name_is_not_trusted(ask: Ask, authority: Authority) -> None:
    with answering_tls(page(), authority.issue("staging.example.test")) as url:
        with pytest.raises(Blocked, match="localhost"):
            ask(url, ca=authority.file)


def test_an_insecure_run_trusts_everybody(ask: Ask, authority: Authority) -> None:
    with answering_tls(page(), authority.issue("staging.example.test")) as url:
        assert ask(url, insecure=True) == 200


@pytest.mark.parametrize("name", ["--ca", "SSL_CERT_FILE"])
@pytest.mark.parametrize("text", [None, "no certificate"])
def test_a_file_without_authorities_is_named(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if text:
        file.write_text(text)
    monkeypatch.setenv(name, str(file))
    with pytest.raises(UsageError, match=f"{name} {file}.*wanted a PEM file"):
        ask("https://localhost:9", ca=file if name == "--ca" else None)


def test_a_broken_variable_does_not_matter_where_there_is_no_tls(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "nowhere.pem")
    with serving(page()) as url:
        assert ask(url) == 200


# Client certificates.


@pytest.fixture(scope="module")
def mutual(authority: Authority) -> Iterator[str]:
    certificate = authority.issue("localhost")
    with answering_tls(page(), certificate, clients_of=authority) as url:
        yield url


def test_a_client_certificate_is_shown(ask: Ask, mutual: str, authority: Authority) -> None:
    certificate, key = authority.issue("suite.example.test")
    assert ask(mutual, ca=authority.file, client_cert=f"{certificate},{key}") == 200


def test_a_certificate_may_lie_with_its_key(
    ask: Ask, mutual: str, authority: Authority, tmp_path: Path
) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(file.read_bytes() for file in authority.issue("suite.example.test")))
    assert ask(mutual, ca=authority.file, client_cert=str(both)) == 200


def test_without_a_client_certificate_there_is_no_way(
    ask: Ask, mutual: str, authority: Authority
) -> None:
    with pytest.raises(Blocked, match="not answered"):
        ask(mutual, ca=authority.file)


def encrypted(key: Path, to: Path) -> Path:
    words = ["openssl", "pkey", "-in", str(key), "-aes128", "-passout", "pass:x", "-out", str(to)]
    subprocess.run(words, check=True, capture_output=True)
    return to


def test_a_client_certificate_that_cannot_serve_is_named(
    ask: Ask, authority: Authority, tmp_path: Path
) -> None:
    one, key = authority.issue("one.example.test")
    _, other = authority.issue("other.example.test")
    for given, told in (
        ("nowhere.pem", "nowhere.pem cannot be read"),
        (str(authority.file), "no certificate with its key"),
        (f"{one},{other}", "the key in .* is another's"),
        (f"{one},{encrypted(key, tmp_path / 'key')}", "the key is encrypted"),
    ):
        with pytest.raises(UsageError, match=f"--client-cert .*{told}"):
            ask("https://localhost:9", client_cert=given)


# Proxies.


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    options = ("--basic-auth", "user:pass-word-1")
    with forwarding(tmp_path_factory.mktemp("proxy"), *options) as url:
        yield url


def with_user(proxy: str) -> str:
    return proxy.replace("://", "://user:pass-word-1@")


def test_a_proxy_forwards_what_is_plain(ask: Ask, proxy: str) -> None:
    handler = page()
    with serving(handler) as url:
        assert ask(url, proxy=with_user(proxy)) == 200
    assert "proxy-authorization" not in handler.asked[0][1]


def test_a_proxy_tunnels_what_is_secure(
    ask: Ask, proxy: str, secure: str, authority: Authority
) -> None:
    assert ask(secure, ca=authority.file, proxy=with_user(proxy)) == 200


def test_a_proxy_that_asks_for_a_password_is_told(
    ask: Ask, proxy: str, secure: str, authority: Authority
) -> None:
    with pytest.raises(Blocked, match="407"):
        ask(secure, ca=authority.file, proxy=proxy)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_proxy_of_the_environment_is_asked(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    handler = page()
    with serving(handler) as url:
        monkeypatch.setenv(name, url)
        assert ask("http://staging.invalid") == 200
        assert handler.asked[0][0] == "http://staging.invalid/api/v1/chats"
        for exempt in ({"no_proxy": True}, {"target": "http://127.0.0.1:9"}):
            with pytest.raises(Blocked):
                ask(**{"target": "http://staging.invalid", **exempt})


@pytest.mark.parametrize("user", ["", "user:pass-word-1@"])
def test_a_socks_proxy_is_asked(ask: Ask, user: str) -> None:
    handler = page()
    with serving(handler) as url, socks(user) as port:
        assert ask(url, proxy=f"socks5://{user}127.0.0.1:{port}") == 200


@contextmanager
def socks(user: str) -> Iterator[int]:
    """A SOCKS server (RFC 1928) for one connection, with a password where there is a user."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        client, _ = listening.accept()
        with client:
            client.recv(64)
            client.sendall(b"\x05\x02" if user else b"\x05\x00")
            if user:
                assert b"pass-word-1" in client.recv(64)
                client.sendall(b"\x01\x00")
            asked = client.recv(64)
            address = (socket.inet_ntoa(asked[4:8]), int.from_bytes(asked[8:10]))
            client.sendall(b"\x05\x00\x00\x01" + asked[4:10])
            with socket.create_connection(address) as target:
                target.sendall(client.recv(65536))
                while part := target.recv(65536):
                    client.sendall(part)
                    if b"total_count" in part:
                        return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        thread.join(10)
        listening.close()


# Other ways.


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such sockets in Python")
def test_a_unix_socket_is_reached(ask: Ask, tmp_path: Path) -> None:
    handler = page()
    with running(UnixServer(str(tmp_path / "socket"), handler)):
        assert ask("http://localhost", unix_socket=tmp_path / "socket") == 200
    assert handler.asked[0][1]["host"] == "localhost"


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_an_ipv6_address_is_reached(ask: Ask) -> None:
    handler = page()
    with running(Server6(("::1", 0), handler)) as server:
        port = server.server_address[1]
        assert ask(f"http://[::1]:{port}") == 200
    assert handler.asked[0][1]["host"] == f"[::1]:{port}"


@pytest.fixture
def hypercorn(tmp_path: Path, authority: Authority) -> Iterator[Callable[..., int]]:
    """Start a server of HTTP/2; gives its port."""
    (tmp_path / "served.py").write_text(HYPERCORN)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> int:
        words = ["-m", "hypercorn", "--bind", f"127.0.0.1:{port}", *options, "served:app"]
        started.append(subprocess.Popen([sys.executable, *words], cwd=tmp_path, stderr=-3))
        wait_until(lambda: reachable(port), 30)
        return port

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


def reachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_http_2_is_spoken_with_and_without_tls(
    hypercorn: Callable[..., int], authority: Authority
) -> None:
    certificate, key = authority.issue("localhost")
    port = hypercorn("--certfile", str(certificate), "--keyfile", str(key))
    secure = Config(target=f"https://localhost:{port}", ca=authority.file).connection
    for version in (True, False):
        with http_client(secure, http2=version) as client, exchange(20):
            answer = client.get(f"https://localhost:{port}/")
            assert answer.json()["version"] == ("2" if version else "1.1")


def test_http_2_is_spoken_with_prior_knowledge(hypercorn: Callable[..., int]) -> None:
    port = hypercorn()
    plain = Config(target=f"http://127.0.0.1:{port}").connection
    with http_client(plain, http2=True) as client, exchange(20):
        assert client.get(f"http://127.0.0.1:{port}/").json()["version"] == "2"


def test_exchanges_over_http_2_share_no_connection(hypercorn: Callable[..., int]) -> None:
    url = f"http://127.0.0.1:{hypercorn()}/"
    transport = Transport(Config(target=url).connection, http2=True)
    with exchange(20):
        under_way = [transport.handle_request(httpx.Request("GET", url)) for _ in range(2)]
        for answer in under_way:
            answer.close()
        transport.handle_request(httpx.Request("GET", url)).close()
    assert len(transport.made) == 2
    transport.close()


def test_a_target_is_spoken_to_in_http_2_when_told(
    hypercorn: Callable[..., int], contract: Contract
) -> None:
    config = Config(target=f"http://127.0.0.1:{hypercorn()}", http2=True, max_requests=99)
    client = Client(config, watch_of(contract), Evidence())
    api = Api(client, "conf-test")
    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(lambda _: api.list().json["version"], range(40)))
    client.close()
    assert told == ["2"] * 40


# What goes over the wire.


def test_added_headers_are_on_every_request_and_in_no_record(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_KEY", "gateway-key-1")
    handler = page()
    with serving(handler) as url:
        given = ("X-Api-Key: $GATEWAY_KEY", "X-Sandbox: a$$b")
        config = Config(target=url, headers=given, max_requests=9)
        client = Client(config, watch_of(contract), Evidence())
        told = Api(client, "conf-test").list()
        client.close()
    _, sent = handler.asked[0]
    assert (sent["x-api-key"], sent["x-sandbox"]) == ("gateway-key-1", "a$b")
    assert "gateway-key-1" not in repr(told)
    assert "gateway-key-1" in list(config.secrets)


def test_a_request_says_who_sends_it_and_how_to_find_it(ask: Ask) -> None:
    handler = page()
    with serving(handler) as url:
        ask(url)
        ask(url)
    numbers = [sent["x-request-id"] for _, sent in handler.asked]
    assert len(set(numbers)) == 2
    for number, (_, sent) in zip(numbers, handler.asked, strict=True):
        assert sent["traceparent"].split("-")[1] == number
        assert sent["user-agent"].startswith("adjourn-conformance/")


class Redirecting(Page):
    """Sends everybody elsewhere."""

    elsewhere = ""

    def do_GET(self) -> None:
        self.answer(307, b"", location=self.elsewhere + self.path, set_cookie="a=b")


def test_no_redirect_is_followed(ask: Ask) -> None:
    handler = page()
    with serving(handler) as elsewhere:
        redirecting = type("Redirecting", (Redirecting,), {"elsewhere": elsewhere})
        with serving(redirecting) as url:
            assert ask(url, token="key-of-the-target") == 307
    assert handler.asked == []
