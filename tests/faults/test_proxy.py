"""The proxy: passes on, and flags what breaks the contract."""

import json

import pytest

from mock_server.proxycommand import upstream_fault
from tests.faults.conftest import SOME_ID
from tests.serving import CHATS


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
        ((204, {}, b""), "", "204 as nothing"),
    ],
)
def test_a_bad_answer_is_flagged_and_passed_on(proxy, backend, answer, pointer, word):
    backend.answer = answer
    response = proxy(backend.url).get(CHATS)
    assert (response.status_code, response.content) == (answer[0], answer[2])
    flagged = [entry for entry in violations(response) if entry["pointer"] == pointer]
    assert any(word in entry["detail"] and entry["in"] == "response" for entry in flagged)


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


def test_a_request_beyond_the_limit_is_refused(proxy, backend):
    response = proxy(backend.url).post(CHATS, content=b"x" * (1024 * 1024 + 1))
    assert response.status_code == 413


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "x", "http://[::1"])
def test_an_upstream_is_a_url(url):
    assert "http" in upstream_fault(url)
    assert upstream_fault("http://127.0.0.1:8080/base") is None
