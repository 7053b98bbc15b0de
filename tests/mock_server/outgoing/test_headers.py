"""Headers that every request has."""

import json

import pytest

from mock_server.outgoing.clients import Outgoing
from mock_server.outgoing.faults import OutgoingFault
from mock_server.outgoing.headers import parse_headers
from tests.serving import answering

from .support import Hello


def test_added_headers_stand_in_every_request_and_follow_no_redirect(monkeypatch):
    monkeypatch.setenv("GATEWAY_KEY", "gateway-key-1")
    seen = []

    class Leading(Hello):
        def do_GET(self):
            seen.append(self.headers.get_all("X-Key"))
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/b")
            self.send_header("Content-Length", "0")
            self.end_headers()

    outgoing = Outgoing.of(header=["X-Key: $GATEWAY_KEY", "x-key: a$$b", "User-Agent: Zoë"])
    with answering(Leading) as url, outgoing.client(url, 5) as client:
        assert client.get(url).status_code == 302
    assert seen == [["gateway-key-1", "a$b"]]
    assert "gateway-key-1" not in repr(outgoing)
    assert outgoing.redacted(b"has gateway-key-1, a$b") == b"has [redacted], a$b"


@pytest.mark.parametrize("ascii", [True, False])
@pytest.mark.parametrize("value", ['say "friend"', "Schlüssel-1"])
def test_a_value_is_redacted_in_json_too(value, ascii):
    outgoing = Outgoing.of(header=[f"X-Key: {value}"])
    assert outgoing.redacted(value.encode()) == b"[redacted]"
    told = json.dumps({"got": value}, ensure_ascii=ascii).encode()
    assert outgoing.redacted(told) == b'{"got": "[redacted]"}'


def test_nothing_is_left_of_a_value_that_begins_with_another():
    outgoing = Outgoing.of(header=["X-Key: gateway-key", "X-Other: gateway-key-of-others"])
    assert outgoing.redacted(b"gateway-key-of-others") == b"[redacted]"


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("hush-hush", "--header without a colon: wanted 'Name: value'"),
        (": hush", "--header '': wanted 'Name: value'"),
        ("X Key: hush", "--header 'X Key': wanted 'Name: value'"),
        ("X-Kéy: hush", "--header 'X-Kéy': wanted"),
        ("X-Key: $NOWHERE", "--header X-Key: the environment has no variable NOWHERE"),
        ("X-Key: 5$", "--header X-Key: a dollar sign begins .* written"),
        ("X-Key: hush\r\nX-More: b", "--header X-Key: the value holds what no HTTP header can"),
        ("X-Key: hush\udcff", "--header X-Key: the value holds what no HTTP header can"),
        ("Content-Length: 5", "--header Content-Length: this header is not to be added"),
        ("proxy-authorization: hush", "a proxy's password goes in --proxy"),
        ("Authorization: hush", "--header Authorization: the key goes elsewhere"),
    ],
)
def test_a_header_that_cannot_be_added_is_named_without_its_value(header, told):
    with pytest.raises(OutgoingFault, match=told) as caught:
        parse_headers([header], key="the key goes elsewhere")
    assert "hush" not in str(caught.value)


def test_authorization_is_added_where_nothing_else_says_it():
    assert parse_headers(["Authorization: Basic a"]) == ((b"Authorization", b"Basic a"),)


def test_a_request_has_one_host():
    with pytest.raises(OutgoingFault, match="--header Host is given more than once"):
        parse_headers(["Host: a.test", "host: b.test"])
