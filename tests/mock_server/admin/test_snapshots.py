"""Snapshots: states that are kept under a name."""

from tests.mock_server.admin.states import NOON, everything, refused


def test_a_snapshot_brings_state_and_clock_back(client):
    client.steer("PUT", "/clock", json={"mode": "frozen", "frozen_time": NOON})
    session = client.open(ttl_seconds=60)
    saved = client.steer("POST", "/snapshots/before")
    assert saved == {"name": "before", "taken": NOON, "sessions": 1}
    before = everything(client)
    client.steer("POST", "/clock/advance", json={"by": "PT1H"})
    client.open()
    assert client.read(session["id"])["final_reason"] == "ttl"
    assert client.steer("POST", "/snapshots/before/restore") == saved
    assert everything(client) == before
    assert client.steer("GET", "/clock")["now"] == NOON
    fired = client.steer("POST", "/clock/advance", json={"by": "PT1H"})["fired"]
    assert [f["session_id"] for f in fired] == [session["id"]]


def test_snapshots_are_listed_and_deleted(client):
    client.steer("POST", "/snapshots/one")
    client.steer("POST", "/snapshots/two")
    names = [row["name"] for row in client.steer("GET", "/snapshots")["snapshots"]]
    assert names == ["one", "two"]
    client.steer("DELETE", "/snapshots/one")
    for method, path in (("DELETE", "/snapshots/one"), ("POST", "/snapshots/one/restore")):
        response = client.admin(method, path)
        assert (response.status_code, response.json()["type"]) == (
            404,
            "/problems/unknown-snapshot",
        )


def test_the_number_of_snapshots_is_bounded(client):
    for number in range(100):
        client.steer("POST", f"/snapshots/s{number}")
    response = client.admin("POST", "/snapshots/more")
    assert (response.status_code, response.json()["type"]) == (409, "/problems/too-many-snapshots")
    client.steer("POST", "/snapshots/s0")


def test_a_bad_snapshot_name_is_refused(client):
    refused(client.admin("POST", "/snapshots/a b"), "/name", "wanted text", "path")
