"""Faults of deliveries: late, twice, reordered, badly signed."""

import asyncio

from mock_server.choices import parse_choices
from mock_server.contract.fixtures import load_fixture
from mock_server.contract.locations import resource
from mock_server.domain.agents import load_agents
from mock_server.sandbox.sandbox import Sandbox
from mock_server.settings import Settings
from mock_server.store.opening import open_store
from tests.mock_server.advancing import advance
from tests.mock_server.webhooks.support import LOG, SECRET, is_signed
from tests.serving import usual_files

SECOND = 1_000_000


class Sent:
    """A sender that keeps what it is given, with the second of the clock."""

    def __init__(self, clock):
        self.clock, self.deliveries = clock, []

    async def __call__(self, delivery):
        self.deliveries.append((delivery, self.clock.now() // SECOND))
        return 200


def sent_under(*rules, ends=1, seconds=0):
    """What is sent when sessions end under fault rules: (delivery, seconds after the ends)."""

    async def scene():
        settings = Settings(
            choices=parse_choices(), webhook_url="http://127.0.0.1:1/", webhook_secret=SECRET
        )
        agents = load_agents(load_fixture(resource("fixtures/agents.yaml")))
        store = open_store(None)[1]("default")
        sandbox = Sandbox("default", store, agents, usual_files().contract, settings)
        sandbox.clock.freeze()
        sent = sandbox.dispatcher.send = Sent(sandbox.clock)
        for rule in rules:
            sandbox.faults.add({"operation": "chatCompleted", **rule})
        await sandbox.start()
        begun = sandbox.clock.now() // SECOND
        for _ in range(ends):
            session, _ = await sandbox.chats.open({"agent_id": "agent-echo"})
            await sandbox.chats.end(session.id)
            await asyncio.sleep(0.02)
        await advance(sandbox.clock, seconds * SECOND)
        await sandbox.stop()
        assert await store.outbox.deliveries() == []
        return [(delivery, at - begun) for delivery, at in sent.deliveries]

    return asyncio.run(scene())


def test_a_duplicate_has_the_same_id():
    (first, _), (second, _) = sent_under({"fault": "DUPLICATE"})
    assert first.headers == second.headers


def test_a_late_delivery_waits_on_the_clock():
    ((_, at),) = sent_under({"fault": "LATE", "delay_ms": 7_000}, seconds=10)
    assert at == 7
    ((_, at),) = sent_under({"delay_ms": 3_000}, seconds=10)
    assert at == 3


def test_reordered_deliveries_change_places():
    sent = sent_under({"fault": "REORDER", "times": 1}, ends=2)
    serials = [delivery.serial for delivery, _ in sent]
    assert serials == [2, 1]


def test_a_reordered_delivery_without_a_next_one_goes_after_its_delay():
    ((_, at),) = sent_under({"fault": "REORDER"}, seconds=61)
    assert at == 60


def test_a_bad_signature_is_bad():
    ((delivery, _),) = sent_under({"fault": "BAD_SIGNATURE"})
    assert not is_signed(delivery.headers, delivery.payload)
    assert delivery.headers["webhook-signature"].startswith("v1,")


def test_a_stale_timestamp_is_an_hour_old_and_well_signed():
    ((stale, _),) = sent_under({"fault": "STALE_TIMESTAMP"})
    ((fresh, _),) = sent_under()
    age = int(fresh.headers["webhook-timestamp"]) - int(stale.headers["webhook-timestamp"])
    assert 3_595 < age < 3_605
    assert is_signed(stale.headers, stale.payload)


def test_a_rule_without_an_operation_leaves_webhooks_alone():
    assert len(sent_under({"operation": None, "fault": "DUPLICATE"})) == 1


def test_a_reset_forgets_what_was_planned_for_deliveries(start, receiver, eventually):
    client = start(webhook_url=receiver.url)
    rule = {"operation": "chatCompleted", "fault": "DUPLICATE", "delay_ms": 60_000}
    client.steer("POST", "/faults", json=rule)
    client.end(client.open()["id"])
    eventually(lambda: client.get(LOG).json()["deliveries"][0]["next_attempt"])
    client.steer("POST", "/reset")
    ended = client.end(client.open()["id"]).json()["id"]
    eventually(lambda: client.get(LOG).json()["deliveries"][0]["outcome"] == "delivered")
    assert [sent["callId"] for sent in receiver.wait_for(1)] == [ended]
