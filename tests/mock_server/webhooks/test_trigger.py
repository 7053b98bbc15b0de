"""Webhooks that are sent on demand, and where they go."""

import json

import pytest

from tests.mock_server.webhooks.support import LOG, is_signed, received
from tests.serving import CHATS


def trigger(api, **body):
    return api.post("/__admin/webhooks/trigger", json={"url": api.sink, **body})


def test_a_trigger_sends_the_example_with_other_members(hooked, eventually):
    hooked.delete("/__admin/sink/test")
    sent = trigger(hooked, payload={"agentId": "agent-mine"})
    assert sent.status_code == 202
    eventually(lambda: received(hooked))
    (one,) = received(hooked)
    assert one["body"]["agentId"] == "agent-mine"
    assert one["headers"]["webhook-id"] == sent.json()["id"]
    assert is_signed(one["headers"], json.dumps(one["body"], separators=(",", ":")).encode())


@pytest.mark.parametrize(
    ("body", "status", "pointer", "word"),
    [
        ({"url": "ftp://x"}, 400, "/url", "ftp"),
        ({"url": "http://127.0.0.1:99999/"}, 400, "/url", "port"),
        ({"url": "http://127.0.0.1/\x00"}, 400, "/url", "blanks"),
        ({"url": "http://127.0.0.1/\n"}, 400, "/url", "blanks"),
        ({"url": "http://127.0.0.1/a b"}, 400, "/url", "blanks"),
        ({"url": "http://example.com/"}, 400, "/url", "--webhook-allow"),
        ({"url": "http://127.0.0.1.example.com/"}, 400, "/url", "loopback"),
        ({"payload": {"callId": 7}}, 400, "/payload/callId", "a string"),
        ({"payload": {"callId": "seven"}}, 400, "/payload/callId", "seven"),
        ({"payload": 7}, 400, "/payload", "an object"),
        ({"paylod": {}}, 400, "", "paylod"),
    ],
)
def test_a_wrong_trigger_is_refused(hooked, body, status, pointer, word):
    before = hooked.get(LOG).json()
    response = trigger(hooked, **body)
    assert response.status_code == status
    assert response.json()["errors"][0]["pointer"] == pointer
    assert word in response.json()["errors"][0]["detail"]
    assert hooked.get(LOG).json() == before


def test_deliveries_are_listed_by_an_id_in_either_case(hooked):
    sent = trigger(hooked, payload={"callId": "3F0C9F4E-6A51-4D0B-9E58-1F7A6C2D8B11"}).json()
    for wanted in (sent["session_id"].upper(), sent["session_id"].lower()):
        (listed,) = hooked.get(LOG, params={"session_id": wanted}).json()["deliveries"]
        assert listed["id"] == sent["id"]
    refused = hooked.get(LOG, params={"session_id": "seven"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/session_id")


def test_a_sandbox_may_have_a_target_of_its_own(api, eventually):
    own = {"X-Mock-Sandbox": "target-of-its-own"}
    sink = f"{api.base_url}/__admin/sink/own"
    target = api.put("/__admin/webhooks/target", json={"url": sink}, headers=own)
    assert (target.status_code, target.json()) == (200, {"url": sink})
    assert api.post("/__admin/reset", headers=own).status_code == 200
    opened = api.post(CHATS, json={"agent_id": "agent-echo"}, headers=own).json()
    api.post(f"{CHATS}/{opened['id']}/end", headers=own)
    eventually(lambda: api.get("/__admin/sink/own", headers=own).json()["received"])
    assert api.post("/__admin/webhooks/trigger").status_code == 409
    refused = api.put("/__admin/webhooks/target", json={"url": "http://example.test/"}, headers=own)
    assert "--webhook-allow" in refused.json()["errors"][0]["detail"]
    gone = api.put("/__admin/webhooks/target", json={"url": None}, headers=own)
    assert gone.json() == {"url": None}
    assert api.post("/__admin/webhooks/trigger", headers=own).status_code == 409


@pytest.mark.parametrize("url", ["ftp://h/", "http://localhost:abc/", "http://h:99999/", "http://"])
@pytest.mark.parametrize("call", [("PUT", "target"), ("POST", "trigger")])
def test_a_target_that_cannot_be_asked_is_refused(api, call, url):
    method, path = call
    response = api.admin(method, f"/webhooks/{path}", json={"url": url})
    (error,) = response.json()["errors"]
    assert (response.status_code, error["pointer"]) == (400, "/url")
    assert "a port up to 65535" in error["detail"]


def test_a_trigger_without_a_target_is_told_its_cure(api):
    response = api.post("/__admin/webhooks/trigger", json={})
    assert response.status_code == 409
    assert "--webhook-url" in response.json()["detail"]
