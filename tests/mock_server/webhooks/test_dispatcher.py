"""The finish pipeline and the completion webhook: once, whichever path finished the session."""

import asyncio

import pytest
import yaml

from mock_server.webhooks.dispatcher import Dispatcher, classify
from tests.mock_server.advancing import advance
from tests.serving import Api


class Sender:
    """Answers with scripted statuses and keeps what was sent, with the instant."""

    def __init__(self, clock, *statuses):
        self.clock, self.statuses, self.sent = clock, list(statuses), []

    async def __call__(self, delivery):
        self.sent.append((delivery, self.clock.now() / 1_000_000))
        return self.statuses.pop(0) if self.statuses else 200


async def started(sandbox, *statuses):
    sender = Sender(sandbox.clock, *statuses)
    sandbox.dispatcher = Dispatcher(sandbox.store.outbox, sandbox.clock, sender, 1.0)
    await sandbox.start()
    return sender


@pytest.mark.parametrize(
    ("statuses", "waits"),
    [
        ([200], [0]),
        ([404], [0]),
        ([301], [0]),
        ([500, 200], [0, 1]),
        ([None, 503, 200], [0, 1, 3]),
        ([500] * 9, [0, 1, 3, 7]),
    ],
)
def test_a_delivery_is_retried_on_the_clock_as_documented(make_sandbox, run, statuses, waits):
    async def scene():
        sandbox = make_sandbox(webhook_url="http://example.test/")
        sender = await started(sandbox, *statuses)
        begun = sandbox.clock.now() / 1_000_000
        session, _ = await sandbox.chats.open({"agent_id": "agent-echo"})
        await sandbox.chats.end(session.id)
        await advance(sandbox.clock, 100_000_000)
        assert [round(at - begun) for _, at in sender.sent] == waits
        assert await sandbox.store.outbox.deliveries() == []
        await sandbox.stop()

    run(scene())


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "delivered"), (204, "delivered"), (302, "rejected"), (404, "rejected"),
     (500, "unavailable"), (503, "unavailable"), (None, "unavailable")],
)  # fmt: skip
def test_what_an_answer_means(status, outcome):
    assert classify(status) == outcome


@pytest.mark.parametrize("path", ["end", "expire", "agent"])
def test_the_pipeline_runs_once_whichever_path_wins(make_sandbox, run, path):
    async def scene():
        sandbox = make_sandbox(webhook_url="http://example.test/")
        sender = await started(sandbox)
        opening = {"agent_id": "agent-closer", "ttl_seconds": 60, "additional_data": {"a": 1}}
        session, _ = await sandbox.chats.open(opening)
        if path == "end":
            await asyncio.gather(*(sandbox.chats.end(session.id, "remark") for _ in range(5)))
        elif path == "agent":
            await sandbox.chats.submit(session.id, {"content": "bye"})
        await advance(sandbox.clock, 61_000_000)
        await sandbox.chats.end(session.id, "too late")
        await advance(sandbox.clock, 61_000_000)
        reason = {"end": "user_end", "expire": "ttl", "agent": "agent_finish"}[path]
        assert (await sandbox.chats.get(session.id)).final_reason == reason
        (entry,) = (await sandbox.store.image.dump())["audit"]
        assert (entry["session_id"], entry["event"]) == (session.id, reason)
        assert entry["note"] == ("remark" if path == "end" else None)
        assert len(sender.sent) == 1
        assert sender.sent[0][0].payload.count(b'"callAdditionalData":{"a":1}') == 1
        await sandbox.stop()

    run(scene())


def test_a_timeout_comes_after_its_span_of_silence_and_not_before(make_sandbox, run):
    async def scene():
        sandbox = make_sandbox()
        await sandbox.start()
        session, _ = await sandbox.chats.open({"agent_id": "agent-echo", "ttl_seconds": 60})
        forever, _ = await sandbox.chats.open({"agent_id": "agent-echo"})
        await advance(sandbox.clock, 59_000_000)
        await sandbox.chats.submit(session.id, {"content": "still here"})
        await advance(sandbox.clock, 60_000_000)
        assert (await sandbox.chats.get(session.id)).state == "active"
        await advance(sandbox.clock, 1)
        assert (await sandbox.chats.get(session.id)).final_reason == "ttl"
        await advance(sandbox.clock, 10 * 86_400_000_000)
        assert (await sandbox.chats.get(forever.id)).state == "active"
        await sandbox.stop()

    run(scene())


def test_the_payload_is_what_the_contract_says(start, receiver):
    from mock_server.contract.document import load_contract
    from mock_server.contract.schemas import compile_schema

    api = start(webhook_url=receiver.url)
    session = api.open("agent-closer", channel="sms", additional_data={"customer": "Ada"})
    api.submit(session["id"], "Hi")
    api.submit(session["id"], "bye")
    (payload,) = receiver.wait_for(1)
    components = load_contract().document["components"]["schemas"]
    members = components["CompletedWebHookPayload"]
    assert set(members["required"]) <= payload.keys() <= members["properties"].keys()
    plain = {k: v for k, v in members["properties"].items() if k != "transcription"}
    assert compile_schema({**members, "properties": plain}).is_valid(payload)
    assert payload["callId"] == session["id"]
    assert payload["callAdditionalData"] == {"customer": "Ada"}
    assert payload["result"]["finishReason"] == "agent_finish"
    assert [line["text"] for line in payload["transcription"]][::2] == ["Hi", "bye"]


def test_an_agents_own_webhook_has_its_headers(start, receiver, tmp_path):
    seed = tmp_path / "seed.yaml"
    webhook = {"url": receiver.url, "headers": {"X-Key": "k"}}
    seed.write_text(yaml.safe_dump({"agents": {"a": {"script": [{}], "webhook": webhook}}}))
    api = start(seed=seed)
    api.end(api.open("a")["id"])
    receiver.wait_for(1)
    assert receiver.headers[0]["x-key"] == "k"
    assert receiver.headers[0]["content-type"] == "application/json"


def test_a_receiver_that_is_too_slow_is_asked_again(start, receiver):
    receiver.pause = 0.4
    api = start(webhook_url=receiver.url, webhook_timeout=0.2, webhook_backoff=0.1)
    api.end(api.open()["id"])
    receiver.wait_for(2)


def test_a_stored_session_whose_agent_is_gone_fails_its_turns_but_ends(start, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text("agents: {a: {script: [{reply: Hi}]}}")
    database = tmp_path / "state.db"
    with Api.of(seed=seed, db=database) as first:
        session = first.open("a")["id"]
    api = start(db=database)
    assert api.submit(session).status_code == 502
    assert api.end(session).json()["final_reason"] == "user_end"
