"""Compressed requests and answers are judged by what they hold."""

import gzip
import json
import zlib

import pytest

from mock_server.proxy.answers import decoded
from tests.growth import expect_linear
from tests.mock_server.conftest import SOME_ID
from tests.mock_server.proxy.flags import violations
from tests.serving import CHATS

JSON = {"Content-Type": "application/json"}


def raw_deflate(body):
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(body) + engine.flush()


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
        ("identity", bytes),
    ],
)
def test_a_compressed_answer_is_judged_by_what_it_holds(api, proxy, backend, encoding, encode):
    session = api.open()
    client = proxy(backend.url)
    for change, wrong in (({}, False), ({"ttl_seconds": 7}, True)):
        sent = encode(json.dumps({**session, **change}).encode())
        backend.answer = (200, {**JSON, "Content-Encoding": encoding}, sent)
        with client.stream("GET", f"{CHATS}/{SOME_ID}") as answer:
            assert b"".join(answer.iter_raw()) == sent
        assert bool(violations(answer)) == wrong


@pytest.mark.parametrize(
    ("encoding", "encode"), [("gzip", gzip.compress), ("Deflate", zlib.compress)]
)
def test_a_compressed_request_is_judged_by_what_it_holds(proxy, backend, encoding, encode):
    client, headers = proxy(backend.url), {"Content-Encoding": encoding}
    for agent, flagged in (("agent-echo", []), (7, ["/agent_id"])):
        sent = encode(json.dumps({"agent_id": agent}).encode())
        response = client.post(CHATS, content=sent, headers={**JSON, **headers})
        found = [entry["pointer"] for entry in violations(response) if entry["in"] == "body"]
        assert found == flagged


def test_a_request_that_is_not_what_its_encoding_says_is_flagged(proxy, backend):
    headers = {**JSON, "Content-Encoding": "gzip"}
    response = proxy(backend.url).post(CHATS, content=b"{}", headers=headers)
    (found,) = [entry for entry in violations(response) if entry["in"] == "body"]
    assert found["detail"] == "wanted what Content-Encoding says, got no gzip"


def test_a_request_in_an_encoding_that_cannot_be_undone_is_not_judged(proxy, backend):
    headers = {**JSON, "Content-Encoding": "br"}
    response = proxy(backend.url).post(CHATS, content=b"?", headers=headers)
    assert [entry for entry in violations(response) if entry["in"] == "body"] == []


def test_a_refusal_of_a_compressed_request_passes_with_what_is_accepted(api, proxy):
    headers = {**JSON, "Content-Encoding": "gzip"}
    sent = gzip.compress(b'{"agent_id": "agent-echo"}')
    response = proxy(str(api.base_url)).post(CHATS, content=sent, headers=headers)
    assert (response.status_code, response.headers["accept-encoding"]) == (415, "identity")
    assert violations(response) == []


@pytest.mark.parametrize(
    ("encoding", "body", "word"),
    [("br", b"x", '"br"'), ("gzip", b"no gzip", "no gzip"), ("gzip", b"", "no gzip")],
)
def test_an_encoding_that_cannot_be_undone_is_named(proxy, backend, encoding, body, word):
    backend.answer = (200, {**JSON, "Content-Encoding": encoding}, body)
    with proxy(backend.url).stream("GET", CHATS) as answer:
        (found,) = violations(answer)
    assert word in found["detail"]


def test_an_answer_that_unpacks_without_end_is_not_unpacked(proxy, backend):
    bomb = gzip.compress(b" " * 50_000_000)
    backend.answer = (200, {**JSON, "Content-Encoding": "gzip"}, bomb)
    with proxy(backend.url).stream("GET", CHATS) as answer:
        assert b"".join(answer.iter_raw()) == bomb
    assert violations(answer) == []


@pytest.mark.parametrize("member", [gzip.compress(b""), gzip.compress(b"x" * 50)])
def test_undoing_gzip_of_many_members_takes_time_by_their_bytes_alone(member):
    expect_linear(lambda size: decoded(member * size, "gzip"))


@pytest.mark.parametrize(("values", "checked"), [(199_998, True), (200_001, False)])
def test_an_answer_of_very_many_values_is_not_checked(values, checked):
    body = b"[%s0]" % (b"0," * values)
    assert decoded(body, "") == (body if checked else None)
