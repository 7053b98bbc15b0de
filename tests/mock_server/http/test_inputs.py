"""Requests that break the contract, or try to: each is refused in words, none is a 500."""

import socket

import pytest

from tests.mock_server.conftest import SOME_ID
from tests.serving import CHATS


def send(api, body, path=CHATS, **headers):
    headers = {"Content-Type": "application/json", **headers}
    return api.post(path, content=body, headers=headers)


def details(response, status=400):
    assert response.status_code == status, response.text
    return {(e["in"], e["pointer"]): e["detail"] for e in response.json()["errors"]}


def test_every_violation_is_told_at_once(api):
    body = {
        "agent_id": 7,
        "ttl_seconds": 59,
        "channel": "",
        "external_id": [],
        "additional_data": 1,
    }
    assert details(api.post(CHATS, json=body)) == {
        ("body", "/agent_id"): "wanted a string, got the integer 7",
        ("body", "/ttl_seconds"): "wanted at least 60, got the integer 59",
        ("body", "/channel"): "wanted at least 1 character, got an empty string",
        ("body", "/external_id"): "wanted an object or null, got an empty array",
        ("body", "/additional_data"): "wanted an object or null, got the integer 1",
    }


def test_a_missing_member_is_pointed_at(api):
    assert details(api.post(CHATS, json={})) == {
        ("body", "/agent_id"): "wanted this member, got none"
    }


def test_what_came_is_cut_to_a_bounded_length(api):
    found = details(api.get(CHATS, params={"state": "x" * 5000}))
    assert len(found["query", "/state"]) < 200


def test_blank_content_is_refused(api):
    path = f"{CHATS}/{api.open()['id']}/messages"
    for blank in ("", " ", "\n\t", "\u00a0"):
        assert ("body", "/content") in details(api.post(path, json={"content": blank}))


def test_a_key_has_at_most_128_characters(api):
    session = api.open()["id"]
    assert api.submit(session, idempotency_key="é" * 128).status_code == 200
    found = details(api.submit(session, idempotency_key="é" * 129))
    assert found["body", "/idempotency_key"] == "wanted at most 128 characters, got 129"


@pytest.mark.parametrize(
    "query",
    [
        "take=1_0", "take=%201", "take=1%20", "take=%D9%A1", "take=1.0", "take=+1", "take=",
        "take=1%0A", "take=0x1", "take=" + "9" * 5000, "skip=-1", "skip=2147483648", "take=0",
        "take=201", "take=1&take=2", "state=ACTIVE", "state=", "state=active%0A",
        "updated_after=yesterday", "updated_after=2026-01-01", "updated_after=2026-01-01T00:00:00",
        "agent_id=%FF",
    ],
)  # fmt: skip
def test_a_query_that_breaks_the_contract_is_refused(api, query):
    found = details(api.get(f"{CHATS}?{query}"))
    assert list(found) == [("query", f"/{query.partition('=')[0]}")]


def test_a_plus_sign_in_a_query_is_explained(api):
    found = details(api.get(f"{CHATS}?updated_after=2026-01-01T00:00:00+02:00"))
    assert "%2B" in found["query", "/updated_after"]


@pytest.mark.parametrize(
    "query",
    ["other=1&other=2", "&&=&", "agent_id=%00", "channel=a%26b", "take=007", "a%FF=1", "%74ake=5"],
)
def test_a_query_that_is_odd_but_legal_is_answered(api, query):
    assert api.get(f"{CHATS}?{query}").status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"{", b"nope", b'{"agent_id": "a"}}', b"\xff\xfe", b'{"agent_id": "\xff"}', b"NaN",
     b'{"agent_id": NaN}', b'{"agent_id": "\\ud800"}', b"\xef\xbb\xbf{}", b"[" * 100_000,
     b'{"a":' * 100_000, b'{"additional_data":' + b"[" * 300 + b"]" * 300 + b"}",
     b'{"agent_id": 1e999}', b"null", b"[]", b'"x"', b"7", b""],
    ids=range(18),
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_refused(api, body):
    found = details(send(api, body))
    assert list(found) == [("body", "")]
    assert api.get("/livez").status_code == 200


def test_the_last_of_duplicate_keys_wins(api):
    body = b'{"agent_id": "nobody", "agent_id": "agent-echo"}'
    assert send(api, body).json()["agent_id"] == "agent-echo"


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**70), 10**300])
def test_a_large_integer_in_free_data_is_taken(api, number):
    session = api.open(additional_data={"n": number}, external_id={"n": number})
    assert api.end(session["id"]).status_code == 200
    assert api.search(callIds=[session["id"]])["totalCount"] == 1


def test_free_data_of_the_deepest_kind_is_taken_and_given_back(api):
    data = {}
    for _ in range(97):
        data = {"x": data}
    session = api.open(additional_data=data)
    api.end(session["id"])
    assert api.search(callIds=[session["id"]])["results"][0]["callAdditionalData"] == data


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/json-patch+json",
        "application/json; charset=latin-1",
        "multipart/form-data",
        "json",
        "application/x-www-form-urlencoded",
    ],
)
def test_another_media_type_is_refused(api, content_type):
    response = send(api, b'{"agent_id": "agent-echo"}', **{"Content-Type": content_type})
    assert response.status_code == 415
    assert response.json()["type"] == "/problems/unsupported-media-type"


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"', None]
)
def test_json_in_utf_8_is_taken_however_it_is_said(api, content_type):
    request = api.build_request("POST", CHATS, content=b'{"agent_id": "agent-echo"}')
    if content_type:
        request.headers["Content-Type"] = content_type
    assert api.send(request).status_code == 201


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "nonsense"])
@pytest.mark.parametrize(
    "path",
    [
        CHATS,
        f"{CHATS}/{SOME_ID}/messages",
        f"{CHATS}/{SOME_ID}/end",
        "/api/v1/callresults/search",
        "/__admin/clock/advance",
    ],
)
def test_a_compressed_body_is_refused_by_every_operation(api, path, encoding):
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    response = api.post(path, content=b"\x1f\x8b", headers=headers)
    assert (response.status_code, response.headers["accept-encoding"]) == (415, "identity")


def test_an_encoding_that_changes_nothing_is_taken(api):
    encoding = {"Content-Encoding": "Identity"}
    assert send(api, b'{"agent_id": "agent-echo"}', **encoding).status_code == 201


def test_a_body_beyond_the_limit_is_refused_with_and_without_its_length(api):
    large = b'{"agent_id": "' + b"x" * (1024 * 1024) + b'"}'
    assert send(api, large).status_code == 413
    assert send(api, iter([large[:600_000], large[600_000:]])).status_code == 413
    assert api.get("/livez").status_code == 200


@pytest.mark.parametrize("path", ["", "/{id}/end"])
def test_a_request_that_breaks_off_changes_nothing(api, path, eventually):
    id, before = api.open()["id"], api.count()
    key = api.headers["Authorization"]
    head = f"POST {CHATS}{path.format(id=id)} HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\n"
    refused = {"operationId": "endChat" if path else "openChat", "status": 400}
    seen = len(api.steer("POST", "/requests/find", json=refused)["requests"])
    with socket.create_connection((api.base_url.host, api.base_url.port)) as connection:
        connection.sendall(f'{head}Content-Length: 99\r\n\r\n{{"agent_id":"agent-echo"}}'.encode())
    eventually(lambda: len(api.steer("POST", "/requests/find", json=refused)["requests"]) > seen)
    assert (api.count(), api.read(id)["is_final"]) == (before, False)


@pytest.mark.parametrize(
    "credentials", [None, "", "Bearer", "Basic a2V5", "key-1", "Bearer wrong", "Bearer é"]
)
def test_wrong_credentials_are_refused_with_a_challenge(api, credentials):
    given = {} if credentials is None else {b"Authorization": credentials.encode("latin-1")}
    request = api.build_request("POST", CHATS, json={"agent_id": "agent-echo"}, headers=given)
    if credentials is None:
        del request.headers["Authorization"]
    before = api.list(state="all")["total_count"]
    response = api.send(request)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["type"] == "/problems/unauthorized"
    assert api.list(state="all")["total_count"] == before


def test_without_a_token_any_key_is_accepted(start):
    api = start(token=None)
    assert api.get(CHATS, headers={"Authorization": "bearer  anything"}).status_code == 200
    assert api.get(CHATS, headers={"Authorization": "Bearer"}).status_code == 401


def test_a_response_that_breaks_the_contract_is_a_loud_500(start, monkeypatch, caplog):
    api = start()
    session = api.open()["id"]
    good = api.mock.renderer.session
    monkeypatch.setattr(
        api.mock.renderer, "session", lambda s: {**good(s), "secret_column": "/etc/passwd"}
    )
    response = api.get(f"{CHATS}/{session}")
    assert response.status_code == 500
    assert response.json()["type"] == "/problems/internal-error"
    assert "secret" not in response.text
    assert "broke its contract at GET /api/v1/chats/{id}" in caplog.text


def test_a_fault_of_the_mock_shows_nothing_internal(start, monkeypatch, caplog):
    api = start()

    async def broken(_):
        raise RuntimeError("SELECT * FROM sessions")

    monkeypatch.setattr(api.mock.sandbox.store.sessions, "get", broken)
    response = api.get(f"{CHATS}/00000000-0000-4000-8000-000000000000")
    assert response.status_code == 500
    assert "SELECT" not in response.text
    assert "SELECT" in caplog.text
