"""A target that is reached by way of a proxy."""

import socket
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conformance.judging.outcomes import Blocked
from tests.network import Authority, forwarding
from tests.serving import answering

from .servers import page

Reach = Callable[..., Any]


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    options = ("--basic-auth", "user:pass-word-1")
    with forwarding(tmp_path_factory.mktemp("proxy"), *options) as url:
        yield url


def with_user(proxy: str) -> str:
    return proxy.replace("://", "://user:pass-word-1@")


def test_a_proxy_forwards_what_is_plain(reach: Reach, proxy: str) -> None:
    handler = page()
    with answering(handler) as url:
        assert reach(url, proxy=with_user(proxy)) == 200
    assert "proxy-authorization" not in handler.asked[0][1]


def test_a_proxy_tunnels_what_is_secure(
    reach: Reach, proxy: str, secure: str, authority: Authority
) -> None:
    assert reach(secure, ca=authority.file, proxy=with_user(proxy)) == 200


def test_a_proxy_that_asks_for_a_password_is_told(
    reach: Reach, proxy: str, secure: str, authority: Authority
) -> None:
    with pytest.raises(Blocked, match="407"):
        reach(secure, ca=authority.file, proxy=proxy)
    with answering(page()) as url, pytest.raises(Blocked, match=r"ProxyError \(407"):
        reach(url, proxy=proxy)


def test_a_password_of_any_letters_is_told_to_a_proxy(reach: Reach) -> None:
    handler = page()
    with answering(handler) as url:
        proxy = url.replace("://", "://me:p%C3%A4ss%3A%40word@")
        assert reach("http://staging.invalid", proxy=proxy) == 200
    told = handler.asked[0][1]["proxy-authorization"].removeprefix("Basic ")
    assert b64decode(told).decode() == "me:päss:@word"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_proxy_of_the_environment_is_asked(
    reach: Reach, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    handler = page()
    with answering(handler) as url:
        monkeypatch.setenv(name, url)
        assert reach("http://staging.invalid") == 200
        assert handler.asked[0][0] == "http://staging.invalid/api/v1/chats"
        for exempt in ({"no_proxy": True}, {"target": "http://127.0.0.1:9"}):
            with pytest.raises(Blocked):
                reach(**{"target": "http://staging.invalid", **exempt})


@pytest.mark.parametrize("user", ["", "user:pass-word-1@"])
def test_a_socks_proxy_is_asked(reach: Reach, user: str) -> None:
    handler = page()
    with answering(handler) as url, socks(user) as port:
        assert reach(url, proxy=f"socks5://{user}127.0.0.1:{port}") == 200


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
