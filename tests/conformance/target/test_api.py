"""The operations as a check calls them."""

import json

import httpx

from conformance.target.api import UNSET, Api

from .conftest import Make


def test_a_path_stands_behind_the_targets_own(connect: Make) -> None:
    exchange = connect(lambda request: httpx.Response(200, json={})).get("a/b c")
    assert exchange.url == "http://target.test/base/api/v1/chats/a%2Fb%20c"


def test_a_body_is_sent_as_json_and_an_unset_member_is_left_out(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(200, json={}))
    body = api.submit(api.unknown_id(), "Grüße", idempotency_key=UNSET, additional_data=None).body
    assert json.loads(body) == {"content": "Grüße", "additional_data": None}
    assert "Grüße".encode() in body


def test_the_same_seed_says_the_same_words(connect: Make) -> None:
    client = connect(lambda request: httpx.Response(200, json={})).client
    one, again, other = (Api(client, "r", "check", seed) for seed in (1, 1, 2))
    assert (one.text(), one.key(), one.unknown_id()) == (
        again.text(),
        again.key(),
        again.unknown_id(),
    )
    assert one.text() != other.text()
