"""What becomes of credentials."""

import httpx

from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.judging.evidence import Evidence
from conformance.registry import watch_of
from conformance.target.client import SWAPPED, Client

from .conftest import Make


def test_the_wire_has_the_key_and_the_record_has_its_name(connect: Make) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={})

    exchange = connect(answer).list()
    assert seen == ["Bearer hunter2"]
    assert "hunter2" not in repr(exchange)
    assert exchange.headers["authorization"] == "Bearer $CONFORMANCE_TOKEN"


def test_the_second_key_is_kept_apart_from_the_first(connect: Make) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={})

    api = connect(answer, second_token="hunter3")
    api.list(auth="Bearer $CONFORMANCE_SECOND_TOKEN")
    api.list(auth="Bearer $CONFORMANCE_TOKENx")
    api.list(auth=f"Bearer {SWAPPED}")
    assert seen == ["Bearer hunter3", "Bearer hunter2x", "Bearer HUNTER2"]


def test_a_target_that_takes_any_key_gets_one(connect: Make) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={})

    connect(answer, token=None).list()
    scheme, _, key = seen[0].partition(" ")
    assert scheme == "Bearer"
    assert key.strip()


def test_no_credentials_are_sent_where_none_are_meant(connect: Make) -> None:
    headers: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        headers.append(request.headers)
        return httpx.Response(401)

    connect(answer).list(auth=None)
    assert "authorization" not in headers[0]


def test_a_cookie_is_not_sent_back(contract: Contract) -> None:
    client = Client(Config(target="http://target.test"), watch_of(contract), Evidence())
    asked = httpx.Request("GET", "http://target.test/")
    client.http.cookies.extract_cookies(
        httpx.Response(200, headers={"Set-Cookie": "session=key"}, request=asked)
    )
    sent = client.http.build_request("GET", "http://target.test/")
    assert "cookie" not in sent.headers


def test_a_key_is_sent_in_utf_8_as_curl_sends_it(connect: Make) -> None:
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.extend(value for name, value in request.headers.raw if name == b"authorization")
        return httpx.Response(200, json={})

    connect(answer, token="schlüssel-€").list()
    assert seen == ["Bearer schlüssel-€".encode()]
