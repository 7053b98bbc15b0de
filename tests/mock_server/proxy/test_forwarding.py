"""The proxy passes on what it gets, and says why where it cannot."""

import socket
import time
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import httpx
import pytest
from click.testing import CliRunner

from mock_server.cli.proxy import proxy as command
from mock_server.outgoing.clients import Outgoing
from mock_server.outgoing.faults import OutgoingFault
from mock_server.proxy.app import Proxy
from mock_server.settings import Settings
from tests.hostile.server import listening
from tests.mock_server.conftest import CONTRACT
from tests.network import http2_alone
from tests.serving import CHATS, HANGING, answering, serving, usual_files


def test_hop_by_hop_headers_stay_behind(proxy, backend):
    kept = {"Content-Type": "text/plain", "X-Mine": "1"}
    backend.answer = (200, {**kept, "Connection": "X-Hop", "X-Hop": "1", "Upgrade": "h2c"}, b"x")
    sent = {"Connection": "keep-alive, X-Secret", "X-Secret": "1", "TE": "trailers", "X-Kept": "2"}
    response = proxy(backend.url).get("/other?a=b%2Fc", headers=sent)
    _, path, received, _ = backend.asked[-1]
    headers = {name.lower(): value for name, value in received.items()}
    assert path == "/other?a=b%2Fc"
    assert headers["x-kept"] == "2"
    assert headers["host"] == backend.url.removeprefix("http://")
    assert not {"x-secret", "te"} & {*headers}
    assert response.headers["x-mine"] == "1"
    assert not {"x-hop", "upgrade"} & {*response.headers}


def test_added_headers_are_of_the_upstream_alone(proxy, backend, caplog):
    outgoing = Outgoing.of(header=["X-Key: gateway-key"])
    backend.answer = (200, {"Content-Type": "text/plain", "X-Echo": "gateway-key"}, b"gateway-key")
    client = proxy(backend.url, settings=Settings(outgoing=outgoing))
    client.get(CHATS, headers={"x-key": "of the client"})
    _, _, received, _ = backend.asked[-1]
    sent = sorted((name.lower(), value) for name, value in received.items())
    assert [value for name, value in sent if name == "x-key"] == ["gateway-key"]
    assert ("authorization", client.headers["authorization"]) in sent
    journal = client.get("/__admin/requests").text
    assert "gateway-key" not in journal + caplog.text
    assert "[redacted]" in journal


@pytest.mark.parametrize(("place", "name"), [("header", "X-Key"), ("cookie", "sid")])
def test_no_added_header_stands_where_the_key_of_a_client_does(place, name):
    scheme = {"type": "apiKey", "in": place, "name": name}
    document = {"components": {"securitySchemes": {"key": scheme}}}
    outgoing = Outgoing.of(header=["x-key: gateway-key", "cookie: a=gateway-key"])
    with pytest.raises(OutgoingFault, match="--header (x-key|cookie): the clients send their own"):
        Proxy("http://a.test", replace(CONTRACT, document=document), Settings(outgoing=outgoing))


def test_an_upstream_that_speaks_http_2_alone_is_reached(proxy, authority, tmp_path):
    with http2_alone(tmp_path, authority) as url:
        settings = Settings(outgoing=Outgoing(ca=authority.file))
        answer = proxy(url, settings=settings).post("/other", content=b"x" * 100_000)
    assert answer.json()["version"] == "2"
    assert answer.headers["via"].startswith("2 adjourn-")


def test_a_socket_that_is_not_there_is_named(proxy, tmp_path):
    path = tmp_path / "nowhere.sock"
    settings = Settings(outgoing=Outgoing(unix_socket=path))
    answer = proxy("http://localhost", settings=settings).get(CHATS)
    assert f"--unix-socket {path} gave no answer: no such file" in answer.json()["detail"]


def test_a_long_answer_passes_in_parts(proxy, backend):
    backend.answer = (200, {"Content-Type": "application/json"}, b"[" + b"1," * 3_000_000 + b"1]")
    response = proxy(backend.url).get(CHATS)
    assert response.content == backend.answer[2]


@pytest.mark.parametrize("path", [CHATS, "/other"])
@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_may_tell_the_length_of_another(proxy, caplog, status, path):
    def speak(connection):
        while connection.recv(65536):
            connection.sendall(b"HTTP/1.1 %d Told\r\nContent-Length: 5\r\n\r\n" % status)

    with listening(speak) as url:
        client = proxy(url)
        for _ in range(2):  # on one connection
            answer = client.get(path)
            assert (answer.status_code, answer.content) == (status, b"")
            assert "content-length" not in answer.headers
    assert "Exception" not in caplog.text


def test_a_backend_that_is_down_is_a_502_problem(proxy):
    response = proxy("http://127.0.0.1:1").get(CHATS)
    assert response.status_code == 502
    assert response.json()["type"] == "/problems/upstream-failed"
    assert "http://127.0.0.1:1" in response.json()["detail"]


def test_blanks_around_a_header_are_none_of_it(proxy, backend):
    client = proxy(backend.url)
    where = (client.base_url.host, client.base_url.port)
    head = f"GET {CHATS} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-A: b \t \r\n\r\n"
    with socket.create_connection(where, timeout=HANGING) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert backend.asked[-1][2]["x-a"] == "b"


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("POST", 502)])
def test_what_is_safe_is_sent_again_where_an_idle_connection_was_closed(proxy, method, status):
    heard = []

    def speak(connection):
        while connection.recv(65536) and len(heard) != 1:
            heard.append(connection)
            connection.sendall(b"HTTP/1.1 200 Yes\r\nContent-Length: 2\r\n\r\n{}")
        heard.append(None)

    with listening(speak) as url:
        client = proxy(url)
        assert client.get(CHATS).status_code == 200
        assert (
            client.request(method, CHATS, content=b"{}" if method == "POST" else None).status_code
            == status
        )


def test_each_message_says_that_it_came_by_way_of_a_proxy(proxy, backend):
    response = proxy(backend.url).get("/other")
    assert " adjourn-" in response.headers["via"]
    assert backend.asked[-1][2]["via"].startswith("1.1 adjourn-")


def test_a_proxy_before_a_proxy_passes_on(proxy, backend):
    response = proxy(str(proxy(backend.url).base_url)).get("/other")
    assert (response.status_code, len(response.headers["via"].split(","))) == (200, 2)


@pytest.mark.parametrize("path", [CHATS, "/other"])
def test_a_proxy_that_is_its_own_upstream_says_so(path):
    proxy = Proxy("http://127.0.0.1:1", usual_files().contract)
    with serving(proxy.asgi) as proxy.upstream:
        response = httpx.get(f"{proxy.upstream}{path}", trust_env=False)
    assert (response.status_code, response.json()["type"]) == (508, "/problems/upstream-loop")
    assert "correct --upstream" in response.json()["detail"]


def test_the_proxy_tells_its_own_health(proxy):
    client = proxy("http://127.0.0.1:1")
    assert client.get("/__admin/health").json()["status"] == "ok"
    assert client.get("/readyz").status_code == 502


@pytest.mark.parametrize(
    ("url", "wanted"),
    [(url, "an http or https URL") for url in ("", "ftp://x", "http://", "x", "http://[::1")]
    + [(f"http://{host}", "an http or https URL") for host in ("a..b", "[::1]x:80", "a" * 64)]
    + [(f"http://a.test/b{end}", "without query and fragment") for end in ("?", "#c")]
    + [("http://[fe80::1]", "wanted its interface too")]
    + [("ftp://user:secret@127.0.0.1", "a URL without credentials")],
)
def test_an_upstream_is_a_url(url, wanted):
    told = CliRunner().invoke(command, ["--upstream", url])
    assert (told.exit_code, wanted in told.output) == (2, True)
    assert "secret" not in told.output


def test_the_cookie_of_one_client_is_not_sent_for_another(proxy, backend):
    backend.answer = (200, {"Content-Type": "text/plain", "Set-Cookie": "session=alice"}, b"")
    client = proxy(backend.url)
    assert client.get("/other").headers["set-cookie"] == "session=alice"
    client.cookies.clear()
    client.get("/other")
    client.get("/other", headers={"Cookie": "session=bob"})
    assert [asked[2].get("cookie") for asked in backend.asked[-2:]] == [None, "session=bob"]


def test_options_of_the_server_itself_pass(proxy, backend):
    backend.do_OPTIONS = backend.do_GET
    client = proxy(backend.url)
    with socket.create_connection(("127.0.0.1", client.base_url.port), HANGING) as raw:
        raw.sendall(b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = raw.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"x-mock-violations" not in answer.lower()
    assert backend.asked[-1][:2] == ("OPTIONS", "*")


@pytest.mark.parametrize(
    ("upstream", "cause"),
    [
        ("http://127.0.0.1:1", "the connection was refused"),
        ("http://no-such-host.invalid", "there is no host of this name"),
    ],
)
def test_why_the_upstream_gave_no_answer_is_told(proxy, upstream, cause):
    assert cause in proxy(upstream).get(CHATS).json()["detail"]


def test_an_upstream_that_is_silent_is_told_with_the_time(proxy):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = proxy(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)
        assert "no answer within 0.2 s" in client.get(CHATS).json()["detail"]


@pytest.mark.parametrize(
    "drop",
    [
        b"X-Header: and another\r\n",
        b"\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n",
        b"\r\nHTTP/1.1 100 Continue\r\n",
    ],
    ids=["a head that drips", "hints without end", "asking on without end"],
)
@pytest.mark.parametrize("body", [None, {"agent_id": "agent-echo"}], ids=["read", "write"])
def test_a_head_without_an_end_is_no_answer(proxy, monkeypatch, drop, body):
    monkeypatch.setattr("mock_server.proxy.app.BODY_SECONDS", 0.2)

    class Dripping(BaseHTTPRequestHandler):
        def do_GET(self):
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 103 Early Hints\r\n")
                while True:
                    self.wfile.write(drop)
                    time.sleep(0.02)

        do_POST = do_GET

    with answering(Dripping) as url:
        client = proxy(url, timeout=0.4)
        answer = client.request("POST" if body else "GET", CHATS, json=body, timeout=HANGING)
    assert (answer.status_code, "no answer within 0.4 s" in answer.text) == (502, True)
