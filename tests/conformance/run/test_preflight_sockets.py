"""What is asked of a target before it is judged, over real sockets."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from conformance.config.settings import Config, UsageError
from conformance.contract.document import Contract
from conformance.judging.evidence import Evidence
from conformance.judging.outcomes import Blocked
from conformance.registry import watch_of
from conformance.run.preflight import preflight
from conformance.target.api import Api
from conformance.target.client import Client
from conformance.target.diagnosis import Way, diagnosis
from tests.conformance.target.servers import Page, page
from tests.network import Authority, answering_tls
from tests.sampling import every
from tests.serving import answering, running

from .test_preflight import PAGE, Make, asked


@pytest.fixture
def reach(contract: Contract) -> Iterator[Callable[..., None]]:
    clients: list[Client] = []

    def ask(target: str, **settings: Any) -> None:
        given = {"read_only": True, "wait_ready": 0.0, "timeout": 5.0, **settings}
        clients.append(Client(Config(target=target, **given), watch_of(contract), Evidence()))
        preflight(Api(clients[-1], "conf-0123abcd"))

    yield ask
    for client in clients:
        client.close()


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_a_port_that_nobody_listens_at_is_told_with_its_addresses(reach: Make) -> None:
    port = closed_port()
    with pytest.raises(Blocked, match=rf"nothing listens at 127.0.0.1:{port} \(IPv4 127.0.0.1\)"):
        reach(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("begins", "told"),
    [
        (b"", r"gives no answer \(.+\); does a server of HTTP run behind that port"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "gives no answer .* is --target right"),
        (None, r"takes the connection and answers nothing within 0\.2 s"),
    ],
)
def test_a_port_that_speaks_no_http_is_told(reach: Make, begins: bytes | None, told: str) -> None:
    over = Event()

    class Other(BaseHTTPRequestHandler):
        def handle(self) -> None:
            if begins is None:
                over.wait()
            else:
                self.request.sendall(begins)

    with answering(Other) as url:
        try:
            with pytest.raises(Blocked, match=told):
                reach(url, timeout=0.2 if begins is None else 5.0)
        finally:
            over.set()


def test_a_network_that_is_down_is_told() -> None:
    way = Way.to_target(Config(target="http://10.0.0.1"))
    told, _ = diagnosis(httpx.ConnectError("[Errno 101] Network is unreachable"), way)
    assert told.startswith("10.0.0.1 cannot be reached ([Errno 101] Network is unreachable); is ")


def test_a_port_that_opens_in_time_is_waited_for(
    contract: Contract, reach: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = closed_port()
    naps: list[float] = []
    with ExitStack() as stack:

        def begin(seconds: float) -> None:
            if not naps:
                stack.enter_context(running(ThreadingHTTPServer(("127.0.0.1", port), page())))
            naps.append(seconds)

        monkeypatch.setattr("conformance.run.preflight.time.sleep", begin)
        reach(f"http://127.0.0.1:{port}", wait_ready=30.0)
    assert naps


@pytest.mark.parametrize(
    ("names", "settings", "told"),
    [
        (("localhost",), {}, "cannot be trusted: .*--ca FILE names the authority"),
        (("a.test",), {"ca": True}, "not valid for 'localhost'; write --target with a name"),
    ],
)
def test_a_certificate_is_told_with_the_cure(
    reach: Make, authority: Authority, names: tuple[str], settings: dict[str, Any], told: str
) -> None:
    given = {"ca": authority.file} if settings else {}
    with answering_tls(page(), authority.issue(*names)) as url:
        with pytest.raises(UsageError, match=told):
            reach(url, **given)


def test_a_client_certificate_that_is_wanted_is_told(reach: Make, authority: Authority) -> None:
    with answering_tls(page(), authority.issue("localhost"), clients_of=authority) as url:
        with pytest.raises(UsageError, match="wants a client certificate .*by --client-cert"):
            reach(url, ca=authority.file)


def test_tls_where_there_is_none_is_told(reach: Make) -> None:
    with answering(page()) as url:
        with pytest.raises(UsageError, match=f"speaks no TLS; write --target {url}"):
            reach(url.replace("http:", "https:"))


@pytest.mark.parametrize("kind", ["text/html", "text/plain"])
def test_tls_that_is_answered_400_in_plain_http_is_told(
    connect: Make, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("conformance.run.preflight.speaks_tls", lambda config: True)
    words = "Client sent an HTTP request to an HTTPS server."
    with pytest.raises(UsageError, match="the target speaks TLS; write --target https://t.test$"):
        asked(
            connect, lambda request: httpx.Response(400, text=words, headers={"content-type": kind})
        )


def test_a_socket_that_is_none_is_told(reach: Make, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--unix-socket .* is no socket"):
        reach("http://localhost", unix_socket=tmp_path / "nowhere")


def test_a_file_that_is_no_socket_is_told(reach: Make, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"--unix-socket .*/file is no socket"):
        reach("http://localhost", unix_socket=tmp_path / "file")


def test_a_socket_that_is_too_long_is_told(reach: Make, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too long; give a shorter path"):
        reach("http://localhost", unix_socket=tmp_path / ("s" * 200))


def test_a_target_without_http_2_is_told(reach: Make) -> None:
    with answering(page()) as url:
        with pytest.raises(UsageError, match="does not speak HTTP/2 .*leave out --http2"):
            reach(url, http2=True)


def test_a_proxy_that_is_gone_is_told_by_who_named_it(reach: Make) -> None:
    port = closed_port()
    with pytest.raises(Blocked, match=rf"127.0.0.1:{port} .* is --proxy right"):
        reach("http://staging.invalid", proxy=f"http://127.0.0.1:{port}")


class Refusing(Page):
    def do_CONNECT(self) -> None:
        self.answer(407, b"")


def test_a_proxy_that_refuses_is_told(reach: Make) -> None:
    with answering(type("Proxy", (Refusing,), {"asked": []})) as url:
        with pytest.raises(UsageError, match="refuses the way to the target: 407"):
            reach("https://staging.invalid", proxy=url)


@pytest.mark.parametrize("location", ["http://[::bad", "http://u:a/b@host/", "javascript:alert(1)"])
def test_a_location_that_is_no_url_is_a_redirect_all_the_same(reach: Make, location: str) -> None:
    class Redirecting(page()):  # type: ignore[misc]
        def do_GET(self) -> None:
            self.answer(308, b"", location=location)

    with answering(Redirecting) as url:
        with pytest.raises(UsageError, match="redirects to .*which is not this API"):
            reach(url)


def test_a_connection_that_is_closed_after_an_answer_is_replaced(reach: Make) -> None:
    class Closing(page()):  # type: ignore[misc]
        asked_before = False  # on this connection

        def do_GET(self) -> None:
            if self.asked_before:
                self.close_connection = True  # RFC 9112, section 9.3.1: at any time
            else:
                self.asked_before = True
                self.answer(307, b"", location="http://elsewhere.test/")

    with answering(Closing) as url:
        with pytest.raises(UsageError, match=r"redirects to \"http://elsewhere"):
            reach(url)


# What a gateway answers in the middle of it, once or from then on.

HTML = {"content_type": "text/html"}
GATEWAYS: dict[str, tuple[int, bytes, dict[str, str], str]] = {
    "no backend": (404, b"default backend - 404", {"content_type": "text/plain"}, "404"),
    "a login": (302, b"", {"location": "https://sso.test/"}, "302|redirects (to|everything)"),
    "a page": (200, b"<h1>Back soon</h1>", HTML, "a web page"),
    "a page of 200 to 404": (404, b"<h1>No such page</h1>", HTML, "a web page|nothing at its"),
    "no key": (401, b"{}", {}, "401"),
    "not allowed": (403, b"<h1>Blocked</h1>", HTML, "403"),
    "no origin": (503, b"<h1>Service unavailable</h1>", HTML, "503"),
}


@pytest.mark.parametrize("case", every(3, [*product(GATEWAYS, (False, True), range(5))]), ids=str)
def test_what_a_gateway_answers_meanwhile_accuses_nobody(
    contract: Contract, session: Make, case: tuple[str, bool, int]
) -> None:
    odd, lasting, after = case
    status, content, headers, told = GATEWAYS[odd]

    class Changing(Page):
        number = 0

        def do_GET(self) -> None:
            self.taken()
            number = Changing.number = Changing.number + 1
            if number == after + 1 or (lasting and number > after):
                self.answer(status, content, **headers)
            elif "wrong" not in self.headers["authorization"] and self.path.endswith("/chats"):
                opens = self.command == "POST"
                self.answer(201 if opens else 200, session() if opens else PAGE)
            else:
                self.answer(200, PAGE)

        do_POST = do_GET

    settings: dict[str, Any] = {
        "token": "key-0001",
        "agent": "plain",
        "wait_ready": 0.0,
        "max_sessions": 9,
    }
    with answering(Changing) as url:
        client = Client(Config(target=url, **settings), watch_of(contract), Evidence())
        api, said = Api(client, "conf-0123abcd"), ""
        try:
            preflight(api)
            if lasting:  # the first check meets it
                api.list()
        except (Blocked, UsageError) as error:
            said = str(error)
        finally:
            client.close()
    assert re.search(told, said) if said else not lasting
    assert client.evidence.findings == {}
