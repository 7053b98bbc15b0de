"""The log of deliveries: attempts, redelivery, restarts."""

import asyncio

import pytest

from mock_server.domain.clock import Clock
from mock_server.domain.store import StoreUnavailable
from mock_server.store.opening import open_store
from mock_server.webhooks import dispatcher as dispatching
from mock_server.webhooks.dispatcher import Dispatcher
from tests.mock_server.webhooks.support import LOG
from tests.serving import Api


def test_the_log_has_every_attempt(start, receiver, eventually):
    api = start(webhook_url=receiver.url, webhook_backoff=0.01)
    receiver.statuses = [500]
    sessions = [api.open()["id"] for _ in range(2)]
    api.end(sessions[0])
    receiver.wait_for(2)
    eventually(lambda: api.get(LOG).json()["deliveries"][0]["outcome"] == "delivered")
    (delivery,) = api.get(LOG).json()["deliveries"]
    assert [entry["status"] for entry in delivery["attempts"]] == [500, 200]
    assert [entry["outcome"] for entry in delivery["attempts"]] == ["unavailable", "delivered"]
    assert delivery["next_attempt"] is None
    assert delivery["session_id"] == delivery["payload"]["callId"] == sessions[0]
    assert delivery["id"] == receiver.headers[0]["webhook-id"]
    assert "webhook-signature" not in receiver.headers[0]
    assert api.get(LOG, params={"session_id": sessions[1]}).json() == {"deliveries": []}
    assert api.get(LOG, params={"limit": 0}).status_code == 400


def test_a_delivery_is_sent_again_under_its_id(start, receiver, eventually):
    api = start(webhook_url=receiver.url)
    receiver.statuses = [404]
    api.end(api.open()["id"])
    receiver.wait_for(1)
    eventually(lambda: api.get(LOG).json()["deliveries"][0]["outcome"] == "rejected")
    name = api.get(LOG).json()["deliveries"][0]["id"]
    again = api.post(f"{LOG}/{name}/redeliver")
    assert again.status_code == 202
    assert again.json()["id"] == name
    receiver.wait_for(2)
    assert receiver.headers[0]["webhook-id"] == receiver.headers[1]["webhook-id"] == name
    assert receiver.bodies[0] == receiver.bodies[1]
    eventually(lambda: len(api.get(LOG).json()["deliveries"][0]["attempts"]) == 2)


@pytest.mark.parametrize("name", ["msg_1", "x", "msg_x_1", "msg_00_99999999999999999999", "²"])
def test_an_unknown_delivery_is_not_found(hooked, name):
    response = hooked.post(f"{LOG}/{name}/redeliver")
    assert response.status_code == 404
    assert response.json()["type"] == "/problems/unknown-delivery"


@pytest.mark.parametrize("error", [OSError("the disk is full"), StoreUnavailable("full")])
def test_an_attempt_that_cannot_be_recorded_is_not_made_again(error, monkeypatch):
    monkeypatch.setattr(dispatching, "_PAUSE_SECONDS", 0.01)

    async def scene():
        sent, refused = [], []

        async def send(delivery):
            sent.append(delivery)
            return 200

        async def full(*given):
            refused.append(given)
            raise error

        outbox = open_store(None)[1]("default").outbox
        recorded, outbox.delivered = outbox.delivered, full
        clock = Clock()
        dispatcher = Dispatcher(outbox, clock, send, backoff=1.0)
        serial = await outbox.enqueue("s", "http://localhost/", {}, {}, clock.now())
        running = asyncio.create_task(dispatcher.run())
        while len(refused) < 5:
            await asyncio.sleep(0.01)
        with pytest.raises(type(error), match="full"):
            await dispatcher.drain()
        outbox.delivered = recorded
        await dispatcher.drain()
        running.cancel()
        log = (await outbox.delivery(serial)).log
        return len(sent), [entry["status"] for entry in log]

    assert asyncio.run(scene()) == (1, [200])


def test_the_log_survives_a_restart(start, receiver, tmp_path, eventually):
    receiver.statuses = [503]
    settings = {"db": tmp_path / "state.db", "webhook_url": receiver.url, "webhook_backoff": 1.0}
    with Api.of(**settings) as first:
        first.end(first.open()["id"])
        eventually(lambda: first.get(LOG).json()["deliveries"][0]["attempts"])
        before = first.get(LOG).json()["deliveries"][0]
    second = start(**settings)
    eventually(lambda: second.get(LOG).json()["deliveries"][0]["outcome"] == "delivered")
    after = second.get(LOG).json()["deliveries"][0]
    assert after["id"] == before["id"]
    assert after["attempts"][0] == before["attempts"][0]


def test_the_state_keeps_deliveries_with_their_attempts(start, receiver, eventually):
    api = start(webhook_url=receiver.url)
    api.end(api.open()["id"])
    eventually(lambda: api.get(LOG).json()["deliveries"][0]["outcome"] == "delivered")
    before = api.get(LOG).json()["deliveries"][0]
    state = api.get("/__admin/state").raise_for_status().json()
    api.post("/__admin/reset").raise_for_status()
    assert api.get(LOG).json() == {"deliveries": []}
    api.put("/__admin/state", json=state).raise_for_status()
    after = api.get(LOG).json()["deliveries"][0]
    assert after["attempts"] == before["attempts"]
    assert len(receiver.bodies) == 1
