"""What is asked of a target before it is judged, and what each answer is told as."""

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import ThreadingHTTPServer
from itertools import product
from pathlib import Path
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
from tests.conformance.target.servers import Page, page, running, serving
from tests.network import Authority, answering_tls
from tests.sampling import every

Make = Callable[..., Any]
PAGE = {"items": [], "total_count": 0, "skip": 0, "take": 50}


def html(status: int = 200) -> httpx.Response:
    return httpx.Response(status, html="<title>Sign in</title>")


def asked(connect: Make, answer: Callable[[httpx.Request], httpx.Response], **more: Any) -> Api:
    """Ask a target that answers so."""
    api: Api = connect(answer, **{"read_only": True, "wait_ready": 0.0, "timeout": 30.0, **more})
    preflight(api)
    return api


def test_a_target_that_is_well_is_judged_from_then_on(connect: Make) -> None:
    api = asked(connect, lambda request: httpx.Response(200, json=PAGE))
    assert not api.client.evidence.evaluated
    api.list()
    assert api.client.evidence.evaluated["LIST-01"] == 1
    assert api.client.health.watching


@pytest.mark.parametrize("status", [502, 503, 504, 521, 523, 530])
def test_a_target_that_starts_is_waited_for_and_not_accused(connect: Make, status: int) -> None:
    left = [status] * 3

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(left.pop()) if left else httpx.Response(200, json=PAGE)

    api = asked(connect, answer, wait_ready=30.0)
    assert api.client.evidence.findings == {}


def test_a_server_of_keys_that_starts_is_waited_for_too(
    connect: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Starting(Page):
        left = 2

        def do_POST(self) -> None:
            Starting.left -= 1
            late = Starting.left >= 0
            self.answer(503 if late else 200, b"" if late else {"access_token": "key-0001"})

    monkeypatch.setattr("conformance.run.preflight.PAUSE", 0.01)
    key: Any = {"token": None, "client_id": "me", "client_secret": "secret-0001"}
    with serving(type("Server", (Starting,), {"asked": []})) as url:
        well = lambda request: httpx.Response(200, json=PAGE)  # noqa: E731
        api = asked(connect, well, wait_ready=30.0, token_url=url, **key)
        assert api.client.credentials.tokens.current() == "key-0001"
        Starting.left = 9
        with pytest.raises(Blocked, match=r"--token-url .* answers 503.*--wait-ready"):
            asked(connect, well, token_url=url, **key)


def test_a_target_that_does_not_come_up_is_told_with_the_cure(connect: Make) -> None:
    with pytest.raises(Blocked, match="answers 503, as one does that starts.*--wait-ready"):
        asked(connect, lambda request: httpx.Response(503))


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://t.test/api/v1/chats", "write --target https://t.test$"),
        ("https://other.test/base/api/v1/chats?take=1", "write --target https://other.test/base$"),
        ("/api/v1/chats", "write --target http://t.test$"),
        ("https://login.test/authorize", "which is not this API: a login page"),
    ],
)
def test_a_redirect_is_told_with_what_to_write(connect: Make, location: str, told: str) -> None:
    with pytest.raises(UsageError, match=f"redirects to .*{told}"):
        asked(connect, lambda request: httpx.Response(308, headers={"location": location}))


@pytest.mark.parametrize("status", [200, 401, 404])
def test_a_page_for_people_is_not_the_api(connect: Make, status: int) -> None:
    with pytest.raises(UsageError, match="is a web page"):
        asked(connect, lambda request: html(status))


def test_json_that_is_called_html_is_the_apis_and_is_judged(connect: Make) -> None:
    headers = {"content-type": "text/html"}
    asked(connect, lambda request: httpx.Response(200, json=PAGE, headers=headers))


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ("http://t.test/api/v1", "write --target http://t.test$"),
        ("http://t.test/x/api", "write --target http://t.test/x$"),
        ("http://t.test/api/v1/chats", "write --target http://t.test$"),
        ("http://t.test/elsewhere", "check the path of --target"),
    ],
)
def test_a_wrong_path_is_told_with_the_right_one(contract: Contract, base: str, told: str) -> None:
    client = Client(Config(target=base, wait_ready=0.0), watch_of(contract), Evidence())
    client.http = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(404)))
    with pytest.raises(UsageError, match=f"the API is not at {base}: .*{told}"):
        preflight(Api(client, "conf-0123abcd"))


def test_the_base_path_of_the_contracts_servers_is_told(
    connect: Make, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = {"url": "https://api.example.test/{v}", "variables": {"v": {"default": "v2"}}}
    monkeypatch.setitem(contract.spec, "servers", [{"url": "https://old.test"}, server])
    with pytest.raises(UsageError, match="have the path /v2; write --target http://t.test/v2"):
        asked(connect, lambda request: httpx.Response(404, json={}))


def test_one_operation_that_is_missing_is_a_fault_to_be_judged(connect: Make) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        found = request.url.path.endswith("/search")
        return httpx.Response(200 if found else 404, json=PAGE)

    api = asked(connect, answer)
    api.list()
    assert "HTTP-01" in api.client.evidence.findings


def test_a_key_that_is_refused_is_told(connect: Make) -> None:
    with pytest.raises(UsageError, match=r"refuses the suite's key \(401\); set CONFORMANCE_TOKEN"):
        asked(connect, lambda request: httpx.Response(401, json={}))
    with pytest.raises(UsageError, match="check the key in CONFORMANCE_TOKEN"):
        asked(connect, lambda request: httpx.Response(403, json={}), token="key-0001")


def opening(known: str, session: Make) -> Callable[[httpx.Request], httpx.Response]:
    """A target that knows one agent."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" or request.url.path.endswith("/search"):
            return httpx.Response(200, json=PAGE)
        found = f'"{known}"'.encode() in request.content
        return httpx.Response(201, json=session()) if found else httpx.Response(404, json={})

    return answer


@pytest.mark.parametrize("need", ["tool_agent", "closing_agent"])
def test_an_agent_that_is_needed_and_not_known_is_told(
    connect: Make, session: Make, need: str
) -> None:
    settings = {"agent": "plain", need: "nobody", "closing_text": "bye", "wait_ready": 0.0}
    api = connect(opening("plain", session), **settings)
    preflight(api)  # no check needs it
    with pytest.raises(
        UsageError, match=f"{need.replace('_', ' ')} 'nobody'; name one by --{need[:4]}"
    ):
        preflight(api, {need})


def test_a_path_that_the_target_does_not_have_is_no_unknown_agent(connect: Make) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        found = request.url.path.endswith("/search")
        return httpx.Response(200, json={}) if found else httpx.Response(404)

    with pytest.raises(UsageError, match="nothing at /api/v1/chats.*the contract is this deploy"):
        preflight(connect(answer, agent="plain", wait_ready=0.0))


def test_a_disabled_agent_may_be_refused_in_any_way(connect: Make, session: Make) -> None:
    settings = {"agent": "plain", "disabled_agent": "off", "wait_ready": 0.0}
    preflight(connect(opening("plain", session), **settings), {"disabled_agent"})


def test_what_is_well_is_said(connect: Make, session: Make) -> None:
    said: list[str] = []
    preflight(connect(opening("agent-echo", session), token="key-0001"), (), said.append)
    assert said == [
        "preflight the API answers at http://t.test (200)",
        "preflight the key opens it; a wrong one is taken too (200)",
        "preflight these agents are known: agent-echo",
    ]


def test_a_target_that_takes_http_2_alone_is_spoken_to_in_it(
    connect: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        cause = ssl.SSLError(1, "[SSL] tlsv1 alert no application protocol (_ssl.c:1006)")
        raise httpx.ConnectError("no application protocol") from cause

    spoken: list[Any] = []

    def spoken_to(connection: Any, *, http2: bool) -> httpx.Client:
        spoken.append(http2)
        well = httpx.MockTransport(lambda request: httpx.Response(200, json=PAGE))
        return httpx.Client(transport=well)

    api: Api = connect(refuse, read_only=True, wait_ready=0.0)
    monkeypatch.setattr("conformance.target.client.http_client", spoken_to)
    preflight(api)
    assert spoken == [True]


# What cannot be reached, over real sockets.


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


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_a_port_that_nobody_listens_at_is_told_with_its_addresses(reach: Make) -> None:
    port = closed_port()
    with pytest.raises(Blocked, match=rf"nothing listens at 127.0.0.1:{port} \(IPv4 127.0.0.1\)"):
        reach(f"http://127.0.0.1:{port}")


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
    with serving(page()) as url:
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
    with serving(page()) as url:
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
    with serving(type("Proxy", (Refusing,), {"asked": []})) as url:
        with pytest.raises(UsageError, match="refuses the way to the target: 407"):
            reach("https://staging.invalid", proxy=url)


@pytest.mark.parametrize("location", ["http://[::bad", "http://u:a/b@host/", "javascript:alert(1)"])
def test_a_location_that_is_no_url_is_a_redirect_all_the_same(reach: Make, location: str) -> None:
    class Redirecting(page()):  # type: ignore[misc]
        def do_GET(self) -> None:
            self.answer(308, b"", location=location)

    with serving(Redirecting) as url:
        with pytest.raises(UsageError, match="redirects to .*which is not this API"):
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
            self.read()
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
    with serving(Changing) as url:
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
