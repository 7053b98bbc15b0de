"""The operations as a check calls them."""

import json

import httpx

from conformance.target.api import Api
from conformance.target.operations import UNSET

from .conftest import Make


def test_a_path_stands_behind_the_targets_own(connect: Make) -> None:
    exchange = connect(lambda request: httpx.Response(200, json={})).get("a/b c")
    assert exchange.url == "http://target.test/base/api/v1/chats/a%2Fb%20c"


def test_a_body_is_sent_as_json_and_an_unset_member_is_left_out(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(200, json={}))
    body = api.submit(api.unknown_id(), "Grüße", key=UNSET, data=None).body
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


def test_an_id_of_the_target_names_no_other_path(connect: Make) -> None:
    paths: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(404)

    api = connect(answer)
    for id in ("..%2f..%2f__admin", "../x", "a?b#c", "%"):
        api.client.ledger.note_open(id)
        api.end(id)
    chats = b"/base/api/v1/chats/"
    assert paths == [
        chats + b"..%252f..%252f__admin/end",
        chats + b"..%2Fx/end",
        chats + b"a%3Fb%23c/end",
        chats + b"%25/end",
    ]
