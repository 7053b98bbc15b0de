"""Forced replies: every answer of the contract on request, and no effect."""

import pytest

from mock_server.faults.preferences import parse_preferences
from tests.mock_server.conftest import SOME_ID
from tests.serving import CHATS, usual_files

CONTRACT = usual_files().contract
BODIES = {"openChat": {"agent_id": "agent-echo"}, "submitMessage": {"content": "Hi"}}


def every_status():
    for method, path, operation_id, _ in CONTRACT.operations():
        for status in CONTRACT.document["paths"][path][method.lower()]["responses"]:
            yield method, path.replace("{id}", SOME_ID), operation_id, int(status)


@pytest.mark.parametrize(("method", "path", "operation_id", "status"), [*every_status()])
def test_every_status_of_the_contract_can_be_forced(api, method, path, operation_id, status):
    headers = {"Prefer": f"code={status}"}
    response = api.request(method, path, json=BODIES.get(operation_id, {}), headers=headers)
    assert response.status_code == status
    assert response.headers["preference-applied"] == f"code={status}"
    assert response.headers["vary"] == "Prefer"
    assert response.headers["x-mock-origin"] == "forced"
    if status >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["status"] == status


@pytest.mark.parametrize(
    ("path", "status", "header", "value"),
    [
        (CHATS, 401, "www-authenticate", "Bearer"),
        (CHATS, 429, "retry-after", "1"),
        (f"{CHATS}/{SOME_ID}/messages", 503, "retry-after", "1"),
    ],
)
def test_a_forced_reply_has_the_headers_of_the_contract(api, path, status, header, value):
    response = api.post(path, json={}, headers={"Prefer": f"code={status}"})
    assert response.headers[header] == value


def test_the_examples_that_there_are_are_told_once_each(api):
    detail = api.get(CHATS, headers={"Prefer": "example=nope"}).json()["detail"]
    names = detail.partition("there are ")[2].rstrip(".").split(", ")
    assert len(names) == len({*names}) > 1


def test_an_example_is_chosen_by_its_name(api):
    headers = {"Prefer": "code=409, example=duplicate"}
    response = api.post(CHATS, json={}, headers=headers)
    assert response.json()["type"] == "/problems/endpoint-busy"
    assert response.headers["preference-applied"] == "code=409, example=duplicate"
    alone = api.post(CHATS, json={}, headers={"Prefer": "example=duplicate"})
    assert alone.status_code == 409
    assert alone.headers["preference-applied"] == "example=duplicate"
    assert api.post(CHATS, json={}, headers={"Prefer": "code=409; example=duplicate"}).json() == (
        response.json()
    )


@pytest.mark.parametrize(
    ("prefer", "status", "words"),
    [
        ("code=418", 400, ["418", "201", "429"]),
        ("code=teapot", 400, ["teapot", "201"]),
        ("code", 400, ["201"]),
        ("code=409, example=nope", 400, ["nope", "disabled", "duplicate"]),
        ("example=nope", 400, ["nope", "opened", "duplicate"]),
    ],
)
def test_what_the_contract_lacks_is_refused_with_what_it_has(api, prefer, status, words):
    before = api.count()
    response = api.post(CHATS, json={"agent_id": "agent-echo"}, headers={"Prefer": prefer})
    assert response.status_code == status
    assert response.json()["type"] == "/problems/unusable-preference"
    assert response.headers["vary"] == "Prefer"
    for word in words:
        assert word in response.json()["detail"]
    assert api.count() == before


@pytest.mark.parametrize(
    "prefer", ["respond-async", "wait=10", "", "return=minimal; code=409", "="]
)
def test_other_preferences_are_ignored(api, prefer):
    response = api.get(CHATS, headers={"Prefer": prefer})
    assert response.status_code == 200
    assert "preference-applied" not in response.headers
    assert "x-mock-origin" not in response.headers


def test_a_forced_reply_changes_nothing(api):
    session = api.open()["id"]
    before = api.read(session), api.count()
    forced = {"Prefer": "code=200"}
    assert api.post(CHATS, json={"agent_id": "agent-echo"}, headers=forced).status_code == 200
    turn = {"content": "Hi", "idempotency_key": "k"}
    api.post(f"{CHATS}/{session}/messages", json=turn, headers=forced)
    api.post(f"{CHATS}/{session}/end", json={}, headers=forced)
    assert (api.read(session), api.count()) == before
    assert api.submit(session, "later", idempotency_key="k").json()["messages"][0]["content"] == (
        "You said: later"
    )


def test_a_forced_reply_wants_the_key_like_any_other(api):
    response = api.get(CHATS, headers={"Prefer": "code=200", "Authorization": ""})
    assert response.status_code == 401
    assert "x-mock-origin" not in response.headers


def test_a_browser_may_send_and_read_it(api):
    asked = {
        "Origin": "http://app.example",
        "Access-Control-Request-Method": "POST",
    }
    allowed = api.options(CHATS, headers=asked).headers["access-control-allow-headers"]
    assert {"prefer", "x-mock-delay", "x-mock-fault"} <= {*allowed.split(", ")}
    headers = {"Origin": "http://app.example", "Prefer": "code=409"}
    exposed = api.post(CHATS, json={}, headers=headers).headers["access-control-expose-headers"]
    assert {"Preference-Applied", "X-Mock-Origin"} <= {*exposed.split(", ")}


def test_a_forced_reply_is_given_under_every_choice(start):
    api = start(choices=("error_body=empty",))
    response = api.post(CHATS, json={}, headers={"Prefer": "code=409"})
    assert response.json()["status"] == 409


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (["code=409"], "409"),
        (["CODE = 409"], "409"),
        (["code=409, code=400"], "409"),
        (["wait=1", "code=409", "code=400"], "409"),
        (["respond-async;code=400, code=409"], "409"),
        (['code="409"'], "409"),
        (['code="4\\09"'], "409"),
        (['note="a, code=400; b", code=409'], "409"),
        (["@, a=b c, , code=409;"], "409"),
        (['a="open, code=409'], "409"),
        (["code"], ""),
    ],
)
def test_prefer_is_read_as_rfc_7240_has_it(headers, code):
    assert parse_preferences(headers)["code"].value == code


def test_a_long_header_is_read_in_no_time():
    assert parse_preferences(['"' * 60_000 + "a=" * 30_000]) == {}
