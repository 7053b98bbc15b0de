"""Webhooks under control: log, redelivery, trigger, signature, sink, chaos, allowed targets."""

import asyncio
import base64
import hashlib
import hmac
import json
from http.server import BaseHTTPRequestHandler

import pytest

from mock_server.choices import parse_choices
from mock_server.contract.document import load_contract
from mock_server.contract.fixtures import load_fixture
from mock_server.contract.locations import resource
from mock_server.domain.agents import load_agents
from mock_server.domain.clock import Clock
from mock_server.domain.store import StoreUnavailable
from mock_server.outgoing import Outgoing
from mock_server.sandbox.sandbox import Sandbox
from mock_server.settings import Settings
from mock_server.store.opening import open_store
from mock_server.webhooks import dispatcher as dispatching
from mock_server.webhooks.dispatcher import Dispatcher
from mock_server.webhooks.hosts import Targets
from mock_server.webhooks.signing import parse_secret
from tests.mock_server.conftest import SOME_ID
from tests.network import Authority, answering_tls, forwarding
from tests.serving import CHATS, Api

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
LOG = "/__admin/webhooks/deliveries"
SECOND = 1_000_000


@pytest.fixture(scope="module")
def hooked():
    """A mock whose webhooks go to a sink of its own."""
    with Api.of(webhook_secret=SECRET, webhook_backoff=0.01) as api:
        api.sink = f"{str(api.base_url).rstrip('/')}/__admin/sink/test"
        yield api


def trigger(api, **body):
    return api.post("/__admin/webhooks/trigger", json={"url": api.sink, **body})


def received(api, name="test", **headers):
    return api.get(f"/__admin/sink/{name}", headers=headers).json()["received"]


def is_signed(headers, body, secret=SECRET):
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.digest(base64.b64decode(secret[6:]), content, hashlib.sha256)
    return headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_a_webhook_is_signed_and_keeps_its_id_over_retries(start, receiver):
    api = start(webhook_url=receiver.url, webhook_secret=SECRET, webhook_backoff=0.01)
    receiver.statuses = [500, 503]
    session = api.open()["id"]
    api.end(session)
    receiver.wait_for(3)
    assert len({headers["webhook-id"] for headers in receiver.headers}) == 1
    assert all(map(is_signed, receiver.headers, receiver.bodies))
    assert not is_signed(receiver.headers[0], receiver.bodies[0] + b" ")


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


def test_a_sink_takes_webhooks_without_the_token(start):
    api = start(admin_token="t")
    assert api.post("/__admin/sink/a", json=1).status_code == 204
    assert api.get("/__admin/sink/a").status_code == 401
    assert len(received(api, "a", Authorization="Bearer t")) == 1


def test_a_redirect_is_not_followed(start, receiver, eventually):
    receiver.statuses = [307]
    receiver.location = receiver.url
    api = start(webhook_url=receiver.url)
    api.end(api.open()["id"])
    eventually(lambda: api.get(LOG).json()["deliveries"][0]["outcome"] == "rejected")
    assert len(receiver.bodies) == 1


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:1/", True),
        ("https://localhost/x", True),
        ("http://[::1]/", True),
        ("http://hooks.example/", True),
        ("http://HOOKS.example:81/", True),
        ("http://user@hooks.example/", True),
        ("http://hooks.example@evil.example/", False),
        ("http://evil.example/", False),
        ("http://10.0.0.1/", False),
        ("http://169.254.169.254/latest", False),
        ("http://0x7f000001/", False),
        ("file:///etc/passwd", False),
        ("http://[::1/", False),
        ("http:///", False),
    ],
)
def test_targets_are_loopback_and_the_named_hosts(url, allowed):
    assert Targets(["Hooks.Example"]).allow(url) is allowed
    assert Targets(["*"]).allow("http://evil.example/")


def test_an_agents_target_that_is_not_allowed_is_refused_and_told(start, tmp_path, eventually):
    seed = tmp_path / "seed.yaml"
    seed.write_text("agents: {a: {script: [{}], webhook: {url: 'http://hooks.example/'}}}")
    api = start(seed=seed)
    api.end(api.open("a")["id"])
    eventually(lambda: api.get(LOG).json()["deliveries"][0]["outcome"] == "refused")
    delivery = api.get(LOG).json()["deliveries"][0]
    assert delivery["next_attempt"] is None
    assert delivery["attempts"][0]["status"] is None


@pytest.mark.parametrize("text", ["", "abc", "whsec_", "whsec_!!!", "whsec_c2hvcnQ=", "d2hzZWM="])
def test_a_secret_has_its_form(text):
    with pytest.raises(ValueError, match="whsec_"):
        parse_secret(text)


class Sent:
    """A sender that keeps what it is given, with the second of the clock."""

    def __init__(self, clock):
        self.clock, self.deliveries = clock, []

    async def __call__(self, delivery):
        self.deliveries.append((delivery, self.clock.now() // SECOND))
        return 200


def chaotic(*rules, ends=1, advance=0):
    """What is sent when sessions end under fault rules: (delivery, seconds after the ends)."""

    async def scene():
        settings = Settings(
            choices=parse_choices(), webhook_url="http://127.0.0.1:1/", webhook_secret=SECRET
        )
        agents = load_agents(load_fixture(resource("fixtures/agents.yaml")))
        store = open_store(None)[1]("default")
        sandbox = Sandbox("default", store, agents, load_contract(), settings)
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
        await sandbox.clock.advance(advance * SECOND)
        await sandbox.stop()
        assert await store.outbox.deliveries() == []
        return [(delivery, at - begun) for delivery, at in sent.deliveries]

    return asyncio.run(scene())


def test_a_duplicate_has_the_same_id():
    (first, _), (second, _) = chaotic({"fault": "DUPLICATE"})
    assert first.headers == second.headers


def test_a_late_delivery_waits_on_the_clock():
    ((_, at),) = chaotic({"fault": "LATE", "delay_ms": 7_000}, advance=10)
    assert at == 7
    ((_, at),) = chaotic({"delay_ms": 3_000}, advance=10)
    assert at == 3


def test_reordered_deliveries_change_places():
    sent = chaotic({"fault": "REORDER", "times": 1}, ends=2)
    serials = [delivery.serial for delivery, _ in sent]
    assert serials == [2, 1]


def test_a_reordered_delivery_without_a_next_one_goes_after_its_delay():
    ((_, at),) = chaotic({"fault": "REORDER"}, advance=61)
    assert at == 60


def test_a_bad_signature_is_bad():
    ((delivery, _),) = chaotic({"fault": "BAD_SIGNATURE"})
    assert not is_signed(delivery.headers, delivery.payload)
    assert delivery.headers["webhook-signature"].startswith("v1,")


def test_a_stale_timestamp_is_an_hour_old_and_well_signed():
    ((stale, _),) = chaotic({"fault": "STALE_TIMESTAMP"})
    ((fresh, _),) = chaotic()
    age = int(fresh.headers["webhook-timestamp"]) - int(stale.headers["webhook-timestamp"])
    assert 3_595 < age < 3_605
    assert is_signed(stale.headers, stale.payload)


def test_a_rule_without_an_operation_leaves_webhooks_alone():
    assert len(chaotic({"operation": None, "fault": "DUPLICATE"})) == 1


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


def attempts(api, eventually):
    """Those at the only delivery, as soon as there are any."""
    found = []

    def made():
        (delivery,) = api.get(LOG).json()["deliveries"]
        found[:] = delivery["attempts"]
        return found

    eventually(made)
    return found


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1/hook", "the connection was refused"),
        ("http://no-such-host.invalid/hook", "there is no host of this name"),
        ("http://elsewhere.test/hook", "is not allowed"),
    ],
)
def test_why_a_webhook_was_not_delivered_is_told(start, eventually, caplog, url, reason):
    api = start(webhook_backoff=60.0, webhook_hosts=("no-such-host.invalid",))
    row = {"session_id": SOME_ID, "payload": {}, "due": "2026-01-01T00:00:00Z", "url": url}
    api.put("/__admin/state", json={"version": 1, "sessions": [], "deliveries": [row]})
    (attempt,) = attempts(api, eventually)
    assert reason in attempt["reason"]
    assert attempt["status"] is None
    eventually(lambda: reason in caplog.text)


def test_a_receiver_that_does_not_answer_in_time_is_told(start, receiver, eventually):
    receiver.pause = 0.5
    api = start(webhook_url=receiver.url, webhook_timeout=0.2, webhook_backoff=60.0)
    api.end(api.open()["id"])
    assert attempts(api, eventually)[0]["reason"] == "no answer within 0.2 s"


def test_a_receiver_that_answers_needs_no_reason(start, receiver, eventually):
    receiver.statuses = [404]
    api = start(webhook_url=receiver.url)
    api.end(api.open()["id"])
    assert "reason" not in attempts(api, eventually)[0]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"))


class Taking(BaseHTTPRequestHandler):
    """A receiver of webhooks that takes all of them."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_receiver_behind_an_unknown_authority_is_told(start, authority, eventually):
    with answering_tls(Taking, authority.issue("localhost")) as url:
        strange = start(webhook_url=url, webhook_backoff=60.0)
        strange.end(strange.open()["id"])
        assert "certificate is not trusted" in attempts(strange, eventually)[0]["reason"]
        known = start(webhook_url=url, outgoing=Outgoing(ca=authority.file))
        known.end(known.open()["id"])
        assert attempts(known, eventually)[0]["outcome"] == "delivered"


def test_webhooks_go_by_way_of_a_proxy(start, receiver, tmp_path, eventually):
    with forwarding(tmp_path) as proxy:
        api = start(webhook_url=receiver.url, outgoing=Outgoing(proxy=proxy))
        api.end(api.open()["id"])
        receiver.wait_for(1)
        assert attempts(api, eventually)[0]["outcome"] == "delivered"
        assert "via" in receiver.headers[0]
