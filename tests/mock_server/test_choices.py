"""Every open choice, seen from outside."""

import uuid

import pytest

from mock_server.choices import CHOICES, ChoiceError, parse_choices
from tests.serving import CHATS

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_without_pairs_every_choice_has_its_default():
    assert parse_choices() == {key: choice.default for key, choice in CHOICES.items()}


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("open_statsu=200", ["open_status", "did you mean", "duplicate_open"]),
        ("open_status=20", ["did you mean", "201, 200"]),
        ("open_status", ["KEY=VALUE"]),
        ("final_submit=200", ["the status of an error"]),
        ("final_submit=soon", ["the status of an error"]),
    ],
)
def test_a_wrong_pair_is_refused_with_the_nearest_and_all_legal_words(pair, words):
    with pytest.raises(ChoiceError) as caught:
        parse_choices([pair])
    for word in words:
        assert word in str(caught.value)


def final_session(api):
    session = api.open()["id"]
    api.end(session)
    return session


def test_duplicate_open_conflict(start):
    api = start(choices=["duplicate_open=conflict"])
    body = {"agent_id": "agent-echo", "external_id": {"n": uuid.uuid4().hex}}
    assert api.post(CHATS, json=body).status_code == 201
    refused = api.post(CHATS, json=body)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/endpoint-busy")


def test_open_status_200(start):
    api = start(choices=["open_status=200"])
    assert api.post(CHATS, json={"agent_id": "agent-echo"}).status_code == 200


@pytest.mark.parametrize("status", [400, 410, 422])
def test_final_submit(start, status):
    api = start(choices=[f"final_submit={status}"])
    refused = api.submit(final_session(api))
    assert (refused.status_code, refused.json()["status"]) == (status, status)


@pytest.mark.parametrize("status", [400, 422])
def test_malformed_id(start, status):
    api = start(choices=[f"malformed_id={status}"])
    assert api.get(f"{CHATS}/x").status_code == status
    assert api.get(f"{CHATS}/{UNKNOWN}").status_code == 404


def test_ttl_range_clamp(start):
    api = start(choices=["ttl_range=clamp"])
    assert api.open(ttl_seconds=1)["ttl_seconds"] == 60
    assert api.open(ttl_seconds=10**9)["ttl_seconds"] == 86400
    assert api.open(ttl_seconds=None)["ttl_seconds"] is None
    assert api.post(CHATS, json={"agent_id": "agent-echo", "ttl_seconds": "60"}).status_code == 400


def test_take_range_clamp(start):
    api = start(choices=["take_range=clamp"])
    assert api.list(take=10**12)["take"] == 200
    assert api.list(take=-5)["take"] == 1
    assert api.get(f"{CHATS}?take=x").status_code == 400
    assert api.get(f"{CHATS}?skip=-1").status_code == 400


def test_invalid_status_422(start):
    api = start(choices=["invalid_status=422"])
    assert api.post(CHATS, json={}).status_code == 422
    assert api.get(f"{CHATS}?take=0").status_code == 422
    assert api.post(CHATS, content=b"{").status_code == 422


def test_listed_messages_null(start):
    api = start(choices=["listed_messages=null"])
    session = api.open()["id"]
    api.submit(session)
    assert api.list()["items"][0]["messages"] is None
    assert len(api.read(session)["messages"]) == 2


@pytest.mark.parametrize(("choice", "wanted"), [("null", None), ("empty", []), ("absent", "gone")])
def test_tool_calls(start, choice, wanted):
    api = start(choices=[f"tool_calls={choice}"])
    (reply,) = api.submit(api.open()["id"]).json()["messages"]
    assert reply.get("tool_calls", "gone") == wanted
    assert api.submit(api.open("agent-tools")["id"]).json()["messages"][0]["tool_calls"]


def test_greeting_on(start):
    api = start(choices=["greeting=on"])
    assert [m["role"] for m in api.open()["messages"]] == ["assistant"]


@pytest.mark.parametrize(("style", "media_type"), [("text", "text/plain"), ("empty", "")])
def test_error_body(start, style, media_type):
    api = start(choices=[f"error_body={style}"])
    for response, status in (
        (api.get(f"{CHATS}/{UNKNOWN}"), 404),
        (api.get(CHATS, headers={"Authorization": "x"}), 401),
        (api.post(CHATS, json={}), 400),
        (api.delete(CHATS), 405),
        (api.submit(final_session(api)), 409),
    ):
        assert response.status_code == status
        assert response.headers.get("content-type", "").partition(";")[0] == media_type
        assert bool(response.content) == (style == "text")


@pytest.mark.parametrize(
    ("style", "pattern"),
    [("seconds", "....-..-..T..:..:..Z"), ("nano", r".*\.\d{9}Z"), ("offset", r".*\.\d{6}\+02:00")],
)
def test_time_format(start, style, pattern):
    import re

    api = start(choices=[f"time_format={style}"])
    session = api.open()
    api.submit(session["id"])
    final = api.end(session["id"]).json()
    (row,) = api.search()["results"]
    times = [final["created_time"], final["messages"][0]["time"], row["completedTime"]]
    assert all(re.fullmatch(pattern, time) for time in times)
    assert api.list(state="all", updated_after=final["last_activity"])["items"] == []


def test_with_whole_seconds_the_later_activity_still_comes_first(start):
    api = start(choices=["time_format=seconds"])
    sessions = [api.open()["id"] for _ in range(3)]
    api.submit(sessions[1])
    listed = [session["id"] for session in api.list()["items"]]
    assert listed == [sessions[1], sessions[2], sessions[0]]


def test_uuid_case_upper(start, receiver):
    api = start(choices=["uuid_case=upper"], webhook_url=receiver.url)
    session = api.open()["id"]
    assert session == session.upper()
    assert api.read(session.lower())["id"] == session
    api.end(session)
    assert api.search(callIds=[session])["results"][0]["callId"] == session
    assert receiver.wait_for(1)[0]["callId"] == session


def test_turn_delay_1(start):
    api = start(choices=["turn_delay=1"])
    assert api.submit(api.open()["id"]).elapsed.total_seconds() >= 1


def test_end_without_body_reject(start):
    api = start(choices=["end_without_body=reject"])
    session = api.open()["id"]
    assert api.post(f"{CHATS}/{session}/end").status_code == 400
    assert api.read(session)["is_final"] is False
    assert api.end(session).status_code == 200


def test_call_result_delay_2(start, eventually):
    api = start(choices=["call_result_delay=2"])
    session = final_session(api)
    assert api.search(callIds=[session])["totalCount"] == 0
    eventually(lambda: api.search(callIds=[session])["totalCount"] == 1)
