"""What the proxy flags: requests and answers that break the contract."""

import json

import pytest

from tests.mock_server.conftest import SOME_ID
from tests.mock_server.proxy.flags import violations
from tests.serving import CHATS


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
    (flagged,) = violations(client.get(f"{CHATS}/17"))
    assert "it is no UUID" in flagged["detail"]


@pytest.mark.parametrize(
    ("answer", "pointer", "word"),
    [
        ((200, {"Content-Type": "application/json"}, b'{"items": 7}'), "/items", "an array"),
        (
            (200, {"Content-Type": "application/json"}, b'{"items": "\\ud800"}'),
            "/items",
            "got the string",
        ),
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
        ({"is_final": True}, "/is_final", "wanted one of false, got true"),
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


def test_what_is_no_operation_passes_flagged(proxy, backend):
    backend.answer = (200, {"Content-Type": "text/plain"}, b"fine")
    response = proxy(backend.url).put(CHATS, content=b"body")
    assert response.text == "fine"
    assert backend.asked[-1][3] == b"body"
    assert violations(response)[0]["in"] == "path"


def test_flags_fit_a_header(proxy, backend):
    broken = {"items": [{"ü\r\n": number} for number in range(200)], "total_count": "é"}
    backend.answer = (200, {"Content-Type": "application/json"}, json.dumps(broken).encode())
    response = proxy(backend.url).get(CHATS)
    assert len(response.headers["x-mock-violations"]) < 4_200
    assert violations(response)


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
    backend.answer = (status, {"Content-Type": "application/json"}, b"{}")
    answer = proxy(backend.url).get(CHATS)
    assert (answer.status_code, violations(answer)[0]["detail"]) == (
        status, f"the contract has no {status} here",
    )  # fmt: skip
