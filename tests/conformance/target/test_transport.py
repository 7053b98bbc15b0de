"""The ways to a target, and what goes over the wire."""

import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.config.connection import Connection
from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.judging.evidence import Evidence
from conformance.registry import watch_of
from conformance.target.api import Api
from conformance.target.client import Client
from conformance.target.network import exchange
from conformance.target.transport import Transport
from tests.serving import HANGING, answering, running

from .servers import Page, Server6, UnixServer, page

Reach = Callable[..., Any]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such sockets in Python")
def test_a_unix_socket_is_reached(reach: Reach, tmp_path: Path) -> None:
    handler = page()
    with running(UnixServer(str(tmp_path / "socket"), handler)):
        assert reach("http://localhost", unix_socket=tmp_path / "socket") == 200
    assert handler.asked[0][1]["host"] == "localhost"


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_an_ipv6_address_is_reached(reach: Reach) -> None:
    handler = page()
    with running(Server6(("::1", 0), handler)) as server:
        port = server.server_address[1]
        assert reach(f"http://[::1]:{port}") == 200
        assert reach(f"http://[::1%251]:{port}") == 200  # of the first interface
    assert [headers["host"] for _, headers in handler.asked] == [f"[::1]:{port}"] * 2


def test_added_headers_are_on_every_request_and_in_no_record(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_KEY", "gateway-key-1")
    handler = page()
    with answering(handler) as url:
        given = ("X-Api-Key: $GATEWAY_KEY", "X-Sandbox: a$$b")
        config = Config(target=url, headers=given, max_requests=9)
        client = Client(config, watch_of(contract), Evidence())
        told = Api(client, "conf-test").list()
        client.close()
    _, sent = handler.asked[0]
    assert (sent["x-api-key"], sent["x-sandbox"]) == ("gateway-key-1", "a$b")
    assert "gateway-key-1" not in repr(told)
    assert "gateway-key-1" in list(config.secrets)


def test_added_headers_stand_as_they_are_given_and_in_the_place_of_others(
    contract: Contract,
) -> None:
    class Odd(Page):
        def do_GET(self) -> None:
            self.asked.append((self.path, self.headers))  # type: ignore[arg-type]
            self.answer(200, {})

    handler: Any = type("Odd", (Odd,), {"asked": []})
    given = ("Cookie: a=1", "cookie: b=2", "Host: api.test", "User-Agent: Zoë", "X-Empty:")
    with answering(handler) as url:
        client = Client(Config(target=url, headers=given), watch_of(contract), Evidence())
        Api(client, "conf-test").list()
        client.close()
    ((_, sent),) = handler.asked
    assert sent.get_all("cookie") == ["a=1", "b=2"]
    assert sent.get_all("host") == ["api.test"]
    assert [name.encode("latin-1").decode() for name in sent.get_all("user-agent")] == ["Zoë"]
    assert sent.get_all("x-empty") == [""]


def test_a_request_says_who_sends_it_and_how_to_find_it(reach: Reach) -> None:
    handler = page()
    with answering(handler) as url:
        reach(url)
        reach(url)
    numbers = [sent["x-request-id"] for _, sent in handler.asked]
    assert len(set(numbers)) == 2
    for number, (_, sent) in zip(numbers, handler.asked, strict=True):
        assert sent["traceparent"].split("-")[1] == number
        assert sent["user-agent"].startswith("adjourn-conformance/")


def test_two_exchanges_under_way_never_share_a_pool() -> None:
    """Also where an answer is closed as it is read, and once more as it is let go of."""
    with answering(page()) as url, exchange(HANGING):
        transport = Transport(Connection())
        first = transport.handle_request(httpx.Request("GET", url))
        first.read()
        answers = [transport.handle_request(httpx.Request("GET", url))]
        first.close()
        answers.append(transport.handle_request(httpx.Request("GET", url)))
        assert len(transport.made) == 2
        for answer in answers:
            answer.close()
        transport.close()


class Redirecting(Page):
    """Sends everybody elsewhere."""

    elsewhere = ""

    def do_GET(self) -> None:
        self.answer(307, b"", location=self.elsewhere + self.path, set_cookie="a=b")


def test_no_redirect_is_followed(reach: Reach) -> None:
    handler = page()
    with answering(handler) as elsewhere:
        redirecting = type("Redirecting", (Redirecting,), {"elsewhere": elsewhere})
        with answering(redirecting) as url:
            assert reach(url, token="key-of-the-target") == 307
    assert handler.asked == []
