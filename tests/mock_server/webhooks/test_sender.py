"""Attempts that fail, and why: hosts, time, certificates, proxies."""

import pytest

from mock_server.outgoing.clients import Outgoing
from tests.mock_server.conftest import SOME_ID
from tests.mock_server.webhooks.support import LOG, attempts
from tests.network import answering_tls, forwarding, http2_alone
from tests.serving import Answering


def test_a_redirect_is_not_followed(start, receiver, eventually):
    receiver.statuses = [307]
    receiver.location = receiver.url
    api = start(webhook_url=receiver.url)
    api.end(api.open()["id"])
    eventually(lambda: api.get(LOG).json()["deliveries"][0]["outcome"] == "rejected")
    assert len(receiver.bodies) == 1


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


class Taking(Answering):
    """A receiver of webhooks that takes all of them."""

    def do_POST(self):
        self.taken()
        self.reply(204)


def test_a_receiver_behind_an_unknown_authority_is_told(start, authority, eventually):
    with answering_tls(Taking, authority.issue("localhost")) as url:
        strange = start(webhook_url=url, webhook_backoff=60.0)
        strange.end(strange.open()["id"])
        assert "certificate is not trusted" in attempts(strange, eventually)[0]["reason"]
        known = start(webhook_url=url, outgoing=Outgoing(ca=authority.file))
        known.end(known.open()["id"])
        assert attempts(known, eventually)[0]["outcome"] == "delivered"


def test_added_headers_go_to_the_named_hosts_alone(start, receiver, eventually):
    named = receiver.url
    outgoing = Outgoing.of(header=["Authorization: Basic gateway-key", "X-Key: gateway-key"])
    api = start(webhook_url=named, webhook_hosts=("*",), outgoing=outgoing)
    for url in (named, named.replace("127.0.0.1", "localhost")):
        api.put("/__admin/webhooks/target", json={"url": url})
        api.end(api.open()["id"])
        receiver.wait_for(1 if url == named else 2)
    keys = [{headers.get("authorization"), headers.get("x-key")} for headers in receiver.headers]
    assert keys == [{"Basic gateway-key", "gateway-key"}, {None}]
    assert "gateway-key" not in api.get(LOG).text


def test_a_receiver_that_speaks_http_2_alone_is_reached(start, authority, tmp_path, eventually):
    with http2_alone(tmp_path, authority) as url:
        api = start(webhook_url=url, outgoing=Outgoing(ca=authority.file))
        api.end(api.open()["id"])
        assert attempts(api, eventually)[0]["outcome"] == "delivered"


def test_webhooks_go_by_way_of_a_proxy(start, receiver, tmp_path, eventually):
    with forwarding(tmp_path) as proxy:
        api = start(webhook_url=receiver.url, outgoing=Outgoing(proxy=proxy))
        api.end(api.open()["id"])
        receiver.wait_for(1)
        assert attempts(api, eventually)[0]["outcome"] == "delivered"
        assert "via" in receiver.headers[0]
