"""The sink: it keeps what it receives, and is bounded."""

from tests.mock_server.webhooks.support import LOG, received


def test_each_sandbox_has_its_deliveries_and_its_sink(hooked, eventually):
    sandbox = {"X-Mock-Sandbox": "mine"}
    url = hooked.sink.replace("/test", "/apart")
    hooked.post("/__admin/webhooks/trigger", json={"url": url}, headers=sandbox)
    eventually(lambda: received(hooked, "apart", **sandbox))
    assert received(hooked, "apart") == []
    assert len(hooked.get(LOG, headers=sandbox).json()["deliveries"]) == 1


def test_a_sink_is_bounded_and_emptied(hooked):
    for number in range(101):
        assert hooked.post("/__admin/sink/full", json=number).status_code == 204
    assert [one["body"] for one in received(hooked, "full")] == [*range(1, 101)]
    assert hooked.delete("/__admin/sink/full").status_code == 204
    assert received(hooked, "full") == []
    many = {"X-Mock-Sandbox": "many"}
    for number in range(100):
        hooked.post(f"/__admin/sink/n{number}", json=1, headers=many)
    response = hooked.post("/__admin/sink/one-more", json=1, headers=many)
    assert response.status_code == 409
    assert "100" in response.json()["detail"]


def test_the_bytes_of_all_sinks_are_bounded(hooked):
    large = "x" * 1_000_000
    for number in range(12):
        assert hooked.post(f"/__admin/sink/n{number}", json=large).status_code == 204
    assert hooked.post("/__admin/sink/n11", json="last").status_code == 204
    kept = [len(received(hooked, f"n{number}")) for number in range(12)]
    assert kept == [0] * 4 + [1] * 7 + [2]
    hooked.delete("/__admin/sink/n5")
    assert hooked.post("/__admin/sink/n0", json=large).status_code == 204
    assert len(received(hooked, "n4")) == 1


def test_whoever_has_no_token_makes_no_sandbox_with_a_webhook(start):
    api = start(admin_token="t")
    token = {"Authorization": "Bearer t"}
    refused = api.post("/__admin/sink/a?sandbox=strange", json=1)
    assert (refused.status_code, refused.json()["type"]) == (404, "/problems/unknown-sandbox")
    listed = api.steer("GET", "/sandboxes", headers=token)["sandboxes"]
    assert [row["name"] for row in listed] == ["default"]
    assert api.get("/__admin/clock?sandbox=known", headers=token).status_code == 200
    assert api.post("/__admin/sink/a?sandbox=known", json=1).status_code == 204


def test_a_sink_takes_webhooks_without_the_token(start):
    api = start(admin_token="t")
    assert api.post("/__admin/sink/a", json=1).status_code == 204
    assert api.get("/__admin/sink/a").status_code == 401
    assert len(received(api, "a", Authorization="Bearer t")) == 1
