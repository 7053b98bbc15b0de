"""The proxy: passes on, and flags what breaks the contract."""

import gzip
import json
import queue
import socket
import zlib
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import httpx
import pytest
from click.testing import CliRunner

from mock_server.cli.proxy import proxy as command
from mock_server.contract.document import load_contract
from mock_server.proxy.app import Proxy
from mock_server.settings import Settings
from tests.hostile.server import listening
from tests.mock_server.conftest import SOME_ID
from tests.serving import CHATS, HANGING, answering, serving


def violations(response):
    return json.loads(response.headers.get("x-mock-violations", "[]"))


def test_a_good_exchange_passes_unflagged(api, proxy):
    client = proxy(str(api.base_url))
    opened = client.post(CHATS, json={"agent_id": "agent-echo"})
    assert opened.status_code == 201
    assert violations(opened) == []
    read = client.get(f"{CHATS}/{opened.json()['id']}?x=%20")
    assert read.json() == opened.json() == api.read(opened.json()["id"])
    assert violations(client.get(f"{CHATS}/{SOME_ID}")) == []


def test_a_bad_request_is_flagged_and_passed_on(api, proxy):
    client = proxy(str(api.base_url))
    response = client.post(CHATS, json={"agent_id": 7})
    assert response.status_code == 400
    assert response.json()["type"] == "/problems/invalid-request"
    (flagged,) = violations(response)
    assert (flagged["in"], flagged["pointer"]) == ("body", "/agent_id")


@pytest.mark.parametrize(
    ("answer", "pointer", "word"),
    [
        ((200, {"Content-Type": "application/json"}, b'{"items": 7}'), "/items", "an array"),
        ((200, {"Content-Type": "application/json"}, b"no"), "", "wanted JSON"),
        ((200, {"Content-Type": "text/html"}, b"<p>"), "", "200 as text/html"),
        ((418, {"Content-Type": "application/json"}, b"{}"), "", "418"),
        ((204, {}, b""), "", "no 204 here"),
        ((200, {}, b"x"), "", "200 as nothing"),
    ],
)
def test_a_bad_answer_is_flagged_and_passed_on(proxy, backend, answer, pointer, word):
    backend.answer = answer
    response = proxy(backend.url).get(CHATS)
    assert (response.status_code, response.content) == (answer[0], answer[2])
    flagged = [entry for entry in violations(response) if entry["pointer"] == pointer]
    assert any(word in entry["detail"] and entry["in"] == "response" for entry in flagged)


@pytest.mark.parametrize(
    ("change", "pointer", "detail"),
    [
        ({"ttl_seconds": 30}, "/ttl_seconds", "wanted at least 60, got the integer 30"),
        ({"is_final": True}, "/status", 'wanted one of "final", got the string "active"'),
        ({"is_final": 7}, "/is_final", "wanted one of false, got the integer 7"),
    ],
)
def test_the_member_at_fault_is_told_of_a_session(api, proxy, backend, change, pointer, detail):
    session = {**api.open(ttl_seconds=60), **change}
    client = proxy(backend.url)
    page = {"items": [session], "total_count": 1}
    for path, body, place in ((f"{CHATS}/{SOME_ID}", session, ""), (CHATS, page, "/items/0")):
        backend.answer = (200, {"Content-Type": "application/json"}, json.dumps(body).encode())
        told = {found["pointer"]: found["detail"] for found in violations(client.get(path))}
        assert told[f"{place}{pointer}"] == detail
        assert "oneOf" not in str(told)


def test_a_header_that_the_contract_requires_is_missed(proxy, backend):
    problem = b'{"type": "/problems/unauthorized", "title": "Unauthorized", "status": 401}'
    media_type = {"Content-Type": "application/problem+json"}
    client = proxy(backend.url)
    backend.answer = (401, {**media_type, "www-authenticate": "Bearer"}, problem)
    assert violations(client.get(CHATS)) == []
    backend.answer = (401, media_type, problem)
    (found,) = violations(client.get(CHATS))
    assert found["detail"] == "wanted the header WWW-Authenticate, got none"


@pytest.mark.parametrize(("given", "told"), [("", "scheme Bearer"), ("Basic x", "scheme Bearer")])
def test_a_request_without_credentials_is_flagged_and_passed_on(api, proxy, given, told):
    client = proxy(str(api.base_url))
    response = client.get(CHATS, headers={"Authorization": given})
    (found,) = violations(response)
    assert response.status_code == 401
    assert (found["in"], found["pointer"]) == ("header", "/Authorization")
    assert told in found["detail"]


def test_a_request_without_any_credentials_is_flagged_beside_what_else_is_wrong(proxy, backend):
    client = proxy(backend.url)
    del client.headers["Authorization"]
    found = violations(client.post(CHATS, json={"agent_id": 7}))
    assert [entry["pointer"] for entry in found][:2] == ["/Authorization", "/agent_id"]
    assert "Send the API key" in found[0]["detail"]


def test_a_head_is_judged_like_a_get(api, proxy):
    client = proxy(str(api.base_url))
    assert violations(client.head(CHATS)) == []
    assert violations(client.head(f"{CHATS}/{SOME_ID}")) == []
    assert violations(client.head(f"{CHATS}?take=0"))[0]["pointer"] == "/take"
    (entry, *_) = client.get("/__admin/requests").json()["requests"]
    assert (entry["operationId"], entry["wasMatched"]) == ("listChats", True)


def test_the_answer_to_a_head_is_judged_without_its_body(proxy, backend):
    client = proxy(backend.url)
    for status, told in ((200, []), (418, ["the contract has no 418 here"])):
        backend.answer = (status, {}, b"")
        response = client.head(CHATS)
        assert [found["detail"] for found in violations(response)] == told


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_a_probe_is_not_flagged(proxy, backend, path):
    assert violations(proxy(backend.url).get(path)) == []


@pytest.mark.parametrize(("status", "flagged"), [(405, False), (501, False), (418, True)])
def test_a_backend_that_knows_no_head_is_not_flagged(proxy, backend, status, flagged):
    backend.do_HEAD = backend.do_GET
    backend.answer = (status, {"Allow": "GET"}, b"")
    assert bool(violations(proxy(backend.url).head(CHATS))) == flagged


def test_options_that_are_no_preflight_are_flagged(proxy, backend):
    backend.do_OPTIONS = backend.do_GET
    assert violations(proxy(backend.url).options(CHATS)) != []


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


def test_what_is_no_operation_passes_flagged(proxy, backend):
    backend.answer = (200, {"Content-Type": "text/plain"}, b"fine")
    response = proxy(backend.url).put(CHATS, content=b"body")
    assert response.text == "fine"
    assert backend.asked[-1][3] == b"body"
    assert violations(response)[0]["in"] == "path"


def test_a_long_answer_passes_in_parts(proxy, backend):
    backend.answer = (200, {"Content-Type": "application/json"}, b"[" + b"1," * 3_000_000 + b"1]")
    response = proxy(backend.url).get(CHATS)
    assert response.content == backend.answer[2]


def test_flags_fit_a_header(proxy, backend):
    broken = {"items": [{"ü\r\n": number} for number in range(200)], "total_count": "é"}
    backend.answer = (200, {"Content-Type": "application/json"}, json.dumps(broken).encode())
    response = proxy(backend.url).get(CHATS)
    assert len(response.headers["x-mock-violations"]) < 4_200
    assert violations(response)


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


@pytest.mark.parametrize("path", [CHATS, "/other"])
def test_a_request_too_long_to_be_judged_passes(proxy, backend, path):
    sent = b"x" * (5 * 1024 * 1024)
    backend.answer = (413, {"Content-Type": "text/plain"}, b"too much")
    client = proxy(backend.url)
    assert client.post(path, content=sent).status_code == 413
    assert backend.asked[-1][3] == sent
    (entry,) = client.get("/__admin/requests").json()["requests"]
    assert len(entry["request"]["body"]) == 1024 * 1024
    assert "body" not in {found["in"] for found in entry["violations"]}


class Parts(BaseHTTPRequestHandler):
    """A backend that sends an answer in parts, each when it is told to, and breaks off."""

    protocol_version = "HTTP/1.1"
    head: ClassVar[dict[str, str]] = {}
    parts: ClassVar[queue.Queue[bytes | None]] = queue.Queue()

    def do_GET(self):
        self.send_response(200)
        for name, value in Parts.head.items():
            self.send_header(name, value)
        self.end_headers()
        for part in iter(Parts.parts.get, None):
            self.wfile.write(part)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def parts():
    Parts.parts = queue.Queue()
    with answering(Parts) as Parts.url:
        yield Parts
        Parts.parts.put(None)


@pytest.mark.parametrize("path", [CHATS, "/events"])
def test_an_event_stream_passes_as_it_comes(proxy, parts, path):
    parts.head = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}
    with proxy(parts.url).stream("GET", path) as response:
        read = response.iter_raw()
        for event in (b"data: 1\n\n", b"data: 2\n\n"):
            parts.parts.put(b"%x\r\n%s\r\n" % (len(event), event))
            assert next(read) == event
        assert [found["in"] for found in violations(response)] == [
            "response" if path == CHATS else "path"
        ]
        parts.parts.put(b"0\r\n\r\n")
        assert [*read] == []


@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
def test_an_answer_that_breaks_off_does_so_for_the_client(proxy, parts, caplog, media_type):
    size = 5 * 1024 * 1024
    parts.head = {"Content-Type": media_type, "Content-Length": str(size + 1)}
    parts.parts.put(b"1" * size)
    parts.parts.put(None)
    client = proxy(parts.url)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(CHATS)
    (entry,) = client.get("/__admin/requests").json()["requests"]
    assert "wanted all of it" in entry["violations"][-1]["detail"]
    assert not [record for record in caplog.records if record.exc_info]


def test_a_client_that_leaves_a_stream_does_not_leave_the_proxy_waiting(proxy, parts, eventually):
    parts.head = {"Content-Type": "text/event-stream"}
    client = proxy(parts.url)
    with client.stream("GET", "/events") as response:
        parts.parts.put(b"data: 1\n\n")
        assert next(response.iter_raw())
    eventually(lambda: client.get("/__admin/requests").json()["requests"])


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_gets_no_length(proxy, status):
    class Bodiless(Parts):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

    with answering(Bodiless) as url:
        response = proxy(url).get("/other")
    assert (response.status_code, response.content) == (status, b"")
    assert not {"content-length", "transfer-encoding"} & {*response.headers}


def test_each_message_says_that_it_came_by_way_of_a_proxy(proxy, backend):
    response = proxy(backend.url).get("/other")
    assert " adjourn-" in response.headers["via"]
    assert backend.asked[-1][2]["via"].startswith("1.1 adjourn-")


def test_a_proxy_before_a_proxy_passes_on(proxy, backend):
    response = proxy(str(proxy(backend.url).base_url)).get("/other")
    assert (response.status_code, len(response.headers["via"].split(","))) == (200, 2)


@pytest.mark.parametrize("path", [CHATS, "/other"])
def test_a_proxy_that_is_its_own_upstream_says_so(path):
    proxy = Proxy("http://127.0.0.1:1", load_contract())
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
    + [("http://user:secret@127.0.0.1", "a URL without credentials")],
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


ORIGIN = {"Origin": "http://app.test"}
JSON = {"Content-Type": "application/json"}


def test_a_preflight_is_answered_as_the_mock_does(proxy, backend):
    asked = len(backend.asked)
    headers = {**ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = proxy(backend.url).options(CHATS, headers=headers)
    assert (answer.status_code, len(backend.asked)) == (204, asked)
    assert answer.headers["access-control-allow-origin"] == "http://app.test"


def test_a_page_may_read_an_answer_whatever_the_backend_grants(proxy, backend):
    backend.answer = (200, {**JSON, "Access-Control-Allow-Origin": "*"}, b"{}")
    answer = proxy(backend.url).get(CHATS, headers=ORIGIN)
    assert answer.headers.get_list("access-control-allow-origin") == ["http://app.test"]
    assert "X-Mock-Violations" in answer.headers["access-control-expose-headers"]


def test_an_origin_that_is_not_let_in_gets_what_the_backend_grants(proxy, backend):
    backend.answer = (200, {**JSON, "Access-Control-Allow-Origin": "*"}, b"{}")
    client = proxy(backend.url, settings=Settings(cors_origins=("http://other.test",)))
    answer = client.get(CHATS, headers=ORIGIN)
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]


def raw_deflate(body):
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(body) + engine.flush()


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
        ("identity", bytes),
    ],
)
def test_a_compressed_answer_is_judged_by_what_it_holds(api, proxy, backend, encoding, encode):
    session = api.open()
    client = proxy(backend.url)
    for change, wrong in (({}, False), ({"ttl_seconds": 7}, True)):
        sent = encode(json.dumps({**session, **change}).encode())
        backend.answer = (200, {**JSON, "Content-Encoding": encoding}, sent)
        with client.stream("GET", f"{CHATS}/{SOME_ID}") as answer:
            assert b"".join(answer.iter_raw()) == sent
        assert bool(violations(answer)) == wrong


@pytest.mark.parametrize(
    ("encoding", "encode"), [("gzip", gzip.compress), ("Deflate", zlib.compress)]
)
def test_a_compressed_request_is_judged_by_what_it_holds(proxy, backend, encoding, encode):
    client, headers = proxy(backend.url), {"Content-Encoding": encoding}
    for agent, flagged in (("agent-echo", []), (7, ["/agent_id"])):
        sent = encode(json.dumps({"agent_id": agent}).encode())
        response = client.post(CHATS, content=sent, headers={**JSON, **headers})
        found = [entry["pointer"] for entry in violations(response) if entry["in"] == "body"]
        assert found == flagged


def test_a_request_that_is_not_what_its_encoding_says_is_flagged(proxy, backend):
    headers = {**JSON, "Content-Encoding": "gzip"}
    response = proxy(backend.url).post(CHATS, content=b"{}", headers=headers)
    (found,) = [entry for entry in violations(response) if entry["in"] == "body"]
    assert found["detail"] == "wanted what Content-Encoding says, got no gzip"


def test_a_request_in_an_encoding_that_cannot_be_undone_is_not_judged(proxy, backend):
    headers = {**JSON, "Content-Encoding": "br"}
    response = proxy(backend.url).post(CHATS, content=b"?", headers=headers)
    assert [entry for entry in violations(response) if entry["in"] == "body"] == []


def test_a_refusal_of_a_compressed_request_passes_with_what_is_accepted(api, proxy):
    headers = {**JSON, "Content-Encoding": "gzip"}
    sent = gzip.compress(b'{"agent_id": "agent-echo"}')
    response = proxy(str(api.base_url)).post(CHATS, content=sent, headers=headers)
    assert (response.status_code, response.headers["accept-encoding"]) == (415, "identity")
    assert violations(response) == []


@pytest.mark.parametrize(
    ("encoding", "body", "word"),
    [("br", b"x", '"br"'), ("gzip", b"no gzip", "no gzip"), ("gzip", b"", "no gzip")],
)
def test_an_encoding_that_cannot_be_undone_is_named(proxy, backend, encoding, body, word):
    backend.answer = (200, {**JSON, "Content-Encoding": encoding}, body)
    with proxy(backend.url).stream("GET", CHATS) as answer:
        (found,) = violations(answer)
    assert word in found["detail"]


def test_an_answer_that_unpacks_without_end_is_not_unpacked(proxy, backend):
    bomb = gzip.compress(b" " * 50_000_000)
    backend.answer = (200, {**JSON, "Content-Encoding": "gzip"}, bomb)
    with proxy(backend.url).stream("GET", CHATS) as answer:
        assert b"".join(answer.iter_raw()) == bomb
    assert violations(answer) == []


@pytest.mark.parametrize(
    "media_type",
    ["Application/JSON", "application/json; charset=UTF-8", "application/json ;charset=utf-8"],
)
def test_a_media_type_is_the_same_in_either_case(api, proxy, backend, media_type):
    session = api.open()
    backend.answer = (200, {"Content-Type": media_type}, json.dumps(session).encode())
    assert violations(proxy(backend.url).get(f"{CHATS}/{SOME_ID}")) == []


@pytest.mark.parametrize("status", [299, 599, 600, 999])
def test_any_status_passes_flagged(proxy, backend, status):
    backend.answer = (status, JSON, b"{}")
    answer = proxy(backend.url).get(CHATS)
    assert (answer.status_code, violations(answer)[0]["detail"]) == (
        status, f"the contract has no {status} here",
    )  # fmt: skip


def test_options_of_the_server_itself_pass(proxy, backend):
    backend.do_OPTIONS = backend.do_GET
    client = proxy(backend.url)
    with socket.create_connection(("127.0.0.1", client.base_url.port), HANGING) as raw:
        raw.sendall(b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b" 200 " in raw.makefile("rb").readline()
    assert backend.asked[-1][:2] == ("OPTIONS", "*")


def test_a_json_answer_that_drips_passes_as_it_comes(proxy, parts, eventually):
    parts.head = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    client = proxy(parts.url)
    with client.stream("GET", CHATS) as response:
        read = response.iter_raw()
        parts.parts.put(b"1\r\n[\r\n")
        assert next(read) == b"["
        parts.parts.put(b"1\r\n]\r\n0\r\n\r\n")
        assert [*read] == [b"]"]
    assert violations(response) == []

    def noted():
        (entry,) = client.get("/__admin/requests").json()["requests"]
        return [found["detail"] for found in entry["violations"]]

    eventually(lambda: noted() == ["wanted an object, got an empty array"])


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
