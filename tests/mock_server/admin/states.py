"""A sandbox with something in it, and what tests ask of it."""

from tests.serving import CHATS

NOON = "2030-01-05T12:00:00.000000Z"


def story(client):
    """Sessions in every state; gives the id of one that was ended."""
    client.open(channel="sms", external_id={"from": "1"}, ttl_seconds=3600)
    ended = client.open(additional_data={"customer": "Ada"})
    client.submit(ended["id"], idempotency_key="k1")
    client.end(ended["id"])
    return ended["id"]


def everything(client):
    listed = client.get(CHATS, params={"state": "all"}).json()
    found = client.post("/api/v1/callresults/search", json={}).json()
    return listed, found


def refused(response, pointer, words, place="body"):
    assert response.status_code == 400, response.text
    error = response.json()["errors"][0]
    assert (error["in"], error["pointer"]) == (place, pointer)
    assert words in error["detail"]
