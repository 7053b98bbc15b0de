"""HTTP as clients send it: offers of an upgrade, HTTP/1.0, half a connection, expectations."""

import json
import socket

import pytest
from starlette.applications import Starlette

from mock_server.serve.server import configure
from tests.serving import CHATS

from .connection import KEY, request

OPEN = b'{"agent_id":"agent-echo"}'
OFFER = (
    "Connection: Upgrade, HTTP2-Settings",
    "Upgrade: h2c",
    "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
)


CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(OPEN), OPEN)


@pytest.mark.parametrize(
    ("sent", "headers"),
    [(OPEN, OFFER), (OPEN, OFFER[:2]), (OPEN, ("Connection: upgrade", "Upgrade: websocket")),
     (CHUNKED, (*OFFER, "Transfer-Encoding: chunked"))],
)  # fmt: skip
@pytest.mark.parametrize("pieces", [1, 2, 400])
def test_a_body_behind_an_offer_to_upgrade_is_read(one, sent, headers, pieces):
    whole = request("POST", CHATS, *headers, body=sent) + request("GET", "/livez")
    size = -(-len(whole) // pieces)
    for place in range(0, len(whole), size):
        one.send(whole[place : place + size])
    assert one.read()[0] == 201
    assert one.read()[0] == 200


def test_a_request_without_a_body_may_offer_to_upgrade(one):
    one.send(request("GET", CHATS, *OFFER) + request("GET", "/livez", *OFFER))
    assert [one.read()[0], one.read()[0]] == [200, 200]


def test_an_offer_to_upgrade_is_nothing_to_log(one, caplog):
    one.send(request("POST", CHATS, *OFFER, body=OPEN))
    assert one.read()[0] == 201
    assert caplog.records == []


def test_a_connection_is_kept_for_clients_that_poll_and_says_how_long(one):
    one.send(request("GET", "/livez"))
    assert one.read()[1]["keep-alive"] == "timeout=120"
    assert configure(Starlette()).timeout_keep_alive == 120


def test_a_connection_that_ends_says_nothing_of_being_kept(one):
    one.send(request("GET", "/livez", "Connection: close"))
    _, headers, _ = one.read()
    assert (headers["connection"], headers.get("keep-alive")) == ("close", None)


def test_http_1_0_is_answered_and_closed(one):
    one.send(request("POST", CHATS, body=OPEN, version="1.0"))
    status, headers, body = one.read()
    assert (status, headers["connection"], json.loads(body)["agent_id"]) == (
        201, "close", "agent-echo",
    )  # fmt: skip
    assert one.closed() == b""


def test_an_answer_without_a_length_ends_with_the_connection_in_http_1_0(api, one):
    id = api.open()["id"]
    one.send(request("GET", f"{CHATS}/{id}", "X-Mock-Fault: SLOW_DRIP", "X-Mock-Delay: 50",
                     version="1.0"))  # fmt: skip
    head, _, body = one.closed().partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert json.loads(body)["id"] == id


def test_a_stream_of_events_has_no_chunks_in_http_1_0(api, one):
    api.open()
    one.send(request("GET", "/__admin/events?after=0", version="1.0"))
    head = one._until(lambda: one.rest.find(b"\r\n\r\n") + 4, 4)
    assert b"transfer-encoding" not in head.lower()
    events = one._until(lambda: one.rest.find(b"}\n\n") + 3, 3)
    assert events.startswith(b": events of this sandbox\n\nid: 1\nevent: session.opened\n")


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_a_client_that_has_closed_its_side_is_answered(api, one, version):
    one.send(request("POST", CHATS, "X-Mock-Delay: 300", body=OPEN, version=version))
    one.socket.shutdown(socket.SHUT_WR)
    assert one.read()[0] == 201
    assert one.closed() == b""


@pytest.mark.parametrize(
    "sent", [request("GET", "/livez"), request("POST", CHATS, body=OPEN)], ids=["read", "write"]
)
def test_a_client_that_closes_its_side_while_the_answer_leaves_gets_it(connect, sent):
    for _ in range(25):
        client = connect()
        client.send(sent)
        client.socket.shutdown(socket.SHUT_WR)
        assert client.read()[0] in (200, 201)
        assert client.closed() == b""


def test_pipelined_requests_of_a_client_that_has_closed_its_side_are_all_answered(one):
    one.send(request("GET", CHATS, "X-Mock-Delay: 200") + 2 * request("GET", "/livez"))
    one.socket.shutdown(socket.SHUT_WR)
    assert [one.read()[0] for _ in range(3)] == [200, 200, 200]
    assert one.closed() == b""


def test_a_stream_of_events_ends_when_its_client_closes_its_side(api, one):
    one.send(request("GET", "/__admin/events"))
    assert one.read()[1]["content-type"] == "text/event-stream"
    one.socket.shutdown(socket.SHUT_WR)
    one.closed()


def test_a_client_that_has_closed_its_side_is_not_waited_for_for_ever(api, one, patience):
    patience(half_closed_seconds=0.2)
    one.send(request("POST", CHATS, "X-Mock-Delay: 20000", body=OPEN))
    one.socket.shutdown(socket.SHUT_WR)
    assert one.closed() == b""


def test_the_body_is_asked_for_before_it_is_awaited(one):
    one.send(request("POST", CHATS, "Expect: 100-continue", f"Content-Length: {len(OPEN)}"))
    assert one.read()[0] == 100
    one.send(OPEN)
    assert one.read()[0] == 201


def test_a_refusal_comes_without_the_body_and_ends_the_connection(one):
    expecting = request("POST", CHATS, "Expect: 100-continue", f"Content-Length: {len(OPEN)}")
    one.send(expecting.replace(KEY.encode(), b"Authorization: Basic x"))
    status, headers, _ = one.read()
    assert (status, headers["connection"]) == (401, "close")


def test_http_1_0_is_not_asked_for_its_body(one):
    one.send(request("POST", CHATS, "Expect: 100-continue", body=OPEN, version="1.0"))
    assert one.read()[0] == 201


@pytest.mark.parametrize(
    "sent",
    [b"nonsense\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
     b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", b"GET /livez HTTP/1.1\r\n\r\n",
     b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
     b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
     b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
     b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"],
    ids=range(9),
)  # fmt: skip
def test_what_is_no_http_is_refused_in_words_and_one_line(one, sent, caplog):
    one.send(sent)
    status, headers, body = one.read()
    assert (status, headers["connection"]) == (400, "close")
    assert json.loads(body)["type"] == "/problems/not-http"
    assert one.closed() == b""
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("sent", "word"),
    [(b"\x16\x03\x01\x02\x00\x01\x00", "http://"), (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2")],
)
def test_another_protocol_is_called_by_its_name(one, sent, word):
    one.send(sent)
    assert word in json.loads(one.read()[2])["detail"]


def test_what_is_no_http_behind_a_request_comes_after_its_answer(one):
    one.send(request("GET", CHATS, "X-Mock-Delay: 200") + b"nonsense\r\n\r\n")
    assert one.read()[0] == 200
    assert one.closed() == b""


def test_a_body_whose_chunks_cannot_be_read_is_refused(api, one):
    before = api.count()
    one.send(request("POST", CHATS, "Transfer-Encoding: chunked", body=b"nonsense\r\n"))
    assert one.read()[0] == 400
    assert api.count() == before


def test_what_stands_behind_the_chunks_is_no_header(api, one):
    trailer = b"%x\r\n%s\r\n0\r\nAuthorization: Bearer other\r\nX-Mock-Fault: TIMEOUT\r\n\r\n"
    body = trailer % (len(OPEN), OPEN)
    one.send(request("POST", CHATS, "Transfer-Encoding: chunked", body=body))
    assert one.read()[0] == 201
