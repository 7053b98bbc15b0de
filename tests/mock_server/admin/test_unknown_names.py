"""Names that a call of the control plane has none of: refused, with the nearest there is."""

import pytest

from mock_server.contract.fixtures import load_fixture
from mock_server.contract.source import FixtureError


def told(response):
    assert response.status_code == 400, response.text
    (error,) = response.json()["errors"]
    return error["pointer"], error["detail"]


def test_an_unknown_parameter_is_told_all_there_are_with_the_sandbox(client):
    assert told(client.admin("POST", "/reset?kepp=state")) == (
        "/kepp",
        'wanted no such parameter, got "kepp"; there is keep, sandbox; did you mean keep?',
    )


def test_a_misspelt_sandbox_is_told_its_name_where_there_is_no_other_parameter(client):
    _, detail = told(client.admin("GET", "/clock?sandbx=mine"))
    assert detail.endswith('got "sandbx"; there is sandbox; did you mean sandbox?')


SESSION = {
    "id": "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10",
    "agent_id": "agent-echo",
    "created_time": "2030-01-05T12:00:00Z",
}


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer", "nearest"),
    [
        ("POST", "/clock/advance", {"bye": "PT1M"}, "", "by"),
        ("PUT", "/clock", {"mode": "frozen", "frozentime": "x"}, "", "frozen_time"),
        ("POST", "/faults", {"opration": None}, "", "operation"),
        (
            "POST",
            "/events/wait-for",
            {"match": {"type": "session.final"}, "timeout": 1},
            "",
            "timeout_ms",
        ),
        ("POST", "/requests/find", {"urlPth": "/"}, "", "urlPath"),
        ("POST", "/seed", {"session": []}, "", "sessions"),
        (
            "POST",
            "/seed",
            {"sessions": [{"agent": "x", "agent_id": "y"}]},
            "/sessions/0",
            "agent_id",
        ),
        (
            "PUT",
            "/state",
            {"version": 1, "sessions": [{**SESSION, "mesages": []}]},
            "/sessions/0",
            "messages",
        ),
    ],
)
def test_an_unknown_member_is_told_the_nearest_known_one(
    client, method, path, body, pointer, nearest
):
    where, detail = told(client.admin(method, path, json=body))
    assert where == pointer
    assert detail.endswith(f"; did you mean {nearest}?")


def test_a_member_that_is_like_none_is_refused_as_it_is(client):
    response = client.admin("POST", "/clock/advance", json={"zzz": 1})
    assert told(response) == ("", 'wanted no member "zzz"')


def test_of_an_operation_without_a_body_no_member_is_near(client):
    assert told(client.admin("POST", "/reset", json={"keep": "state"}))[1] == (
        'wanted no member "keep"'
    )


def test_an_unknown_member_of_a_fixture_file_is_told_the_nearest(tmp_path):
    path = tmp_path / "agents.yaml"
    path.write_text("agents:\n  a:\n    scrpt: []\n    script: [{}]\n")
    with pytest.raises(FixtureError, match=r'"scrpt"; did you mean script\?'):
        load_fixture(path)
