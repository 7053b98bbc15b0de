"""What becomes of credentials."""

import subprocess
from base64 import b64encode
from contextlib import nullcontext
from typing import Any

import httpx
import pytest

from conformance.config.settings import Config, UsageError
from conformance.contract.document import Contract
from conformance.judging.evidence import Evidence
from conformance.judging.exchange import Exchange
from conformance.registry import watch_of
from conformance.target.api import Api
from conformance.target.client import Client, ForeignOrigin
from conformance.target.credentials import BEARER, SWAPPED, TOKEN, Credentials, Scheme
from conformance.target.tokens import Tokens

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


def carried(scheme: dict[str, Any], auth: str | None = BEARER) -> tuple[str, dict[str, str]]:
    """The path and the headers that credentials make of a request."""
    spec = {"security": [{"key": []}], "components": {"securitySchemes": {"key": scheme}}}
    headers: dict[str, str] = {}
    credentials = Credentials(Config(), spec, Tokens(Config()))
    return credentials.carry(auth, headers, "/chats?take=1"), headers


@pytest.mark.parametrize(
    ("scheme", "path", "headers"),
    [
        ({"type": "http", "scheme": "Bearer"}, "", {"authorization": BEARER}),
        ({"type": "oauth2", "flows": {}}, "", {"authorization": BEARER}),
        ({"type": "openIdConnect"}, "", {"authorization": BEARER}),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, "", {"x-key": TOKEN}),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, "", {"cookie": f"sid={TOKEN}"}),
        ({"type": "apiKey", "in": "query", "name": "a key"}, f"&a+key={TOKEN}", {}),
    ],
)
def test_a_key_stands_where_the_contract_has_it(
    scheme: dict[str, Any], path: str, headers: dict[str, str]
) -> None:
    assert carried(scheme) == (f"/chats?take=1{path}", headers)
    wrong, others = carried(scheme, "Bearer wrong key")
    assert (wrong, others) != (f"/chats?take=1{path}", headers)
    assert "wrong" in wrong + str(others)
    assert carried(scheme, None) == ("/chats?take=1", {})


@pytest.mark.parametrize(
    ("place", "header", "refused"),
    [
        ("header", "x-key: gateway-key", True),
        ("cookie", "Cookie: a=b", True),
        ("query", "X-Key: gateway-key", False),
        ("header", "Cookie: a=b", False),
    ],
)
def test_no_added_header_stands_where_the_key_does(place: str, header: str, refused: bool) -> None:
    scheme = {"type": "apiKey", "in": place, "name": "X-Key"}
    spec = {"security": [{"key": []}], "components": {"securitySchemes": {"key": scheme}}}
    config = Config(headers=(header,))
    with pytest.raises(UsageError, match="goes in CONFORMANCE_TOKEN") if refused else nullcontext():
        Credentials(config, spec, Tokens(config))


def test_a_contract_without_security_wants_no_key() -> None:
    specs: list[dict[str, Any]] = [{}, {"security": []}, {"security": [{}]}]
    for spec in specs:
        assert Scheme.of(spec) == Scheme()


def answered(
    contract: Contract, scheme: dict[str, Any], token: str, auth: str = BEARER
) -> tuple[Any, httpx.Request]:
    """A list by this scheme: the exchange, and the request as it was sent."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    config = Config(target="http://t.test", token=token, max_requests=9)
    client = Client(config, watch_of(contract), Evidence())
    client.credentials.scheme = Scheme.of(
        {"security": [{"key": []}], "components": {"securitySchemes": {"key": scheme}}}
    )
    client.http = httpx.Client(transport=httpx.MockTransport(answer))
    return Api(client, "conf-test").list(limit=1, auth=auth), seen[0]


def test_a_users_password_is_encoded_on_the_wire_alone(contract: Contract) -> None:
    told, sent = answered(contract, {"type": "http", "scheme": "basic"}, 'me:pa"ss-word')
    assert sent.headers["authorization"] == "Basic " + b64encode(b'me:pa"ss-word').decode()
    assert "pa" not in told.headers["authorization"]
    shell = f'CONFORMANCE_TOKEN=\'me:pa"ss-word\'; echo "{told.headers["authorization"]}"'
    said = subprocess.run(["sh", "-c", shell], capture_output=True, text=True).stdout.strip()
    assert said == sent.headers["authorization"]


def test_a_key_in_the_query_is_encoded_on_the_wire_alone(contract: Contract) -> None:
    scheme = {"type": "apiKey", "in": "query", "name": "key"}
    told, sent = answered(contract, scheme, "k&y/1 2")
    assert sent.url.params["key"] == "k&y/1 2"
    assert told.url == f"http://t.test/api/v1/chats?take=1&key={TOKEN}"


def test_a_key_with_its_case_swapped_is_so_in_the_query_too(contract: Contract) -> None:
    scheme = {"type": "apiKey", "in": "query", "name": "key"}
    told, sent = answered(contract, scheme, "Key/1", f"Bearer {SWAPPED}")
    assert sent.url.params["key"] == "kEY/1"
    assert "key/1" not in told.url.lower()


def test_a_key_goes_to_the_targets_origin_and_nowhere_else(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(200, json={}))
    for url in (
        "http://elsewhere.test/base/",
        "https://target.test/base/",
        "http://target.test@x/",
    ):
        with pytest.raises(ForeignOrigin):
            headers = {"authorization": BEARER}
            api.client.send(Exchange(0, "getChat", "GET", url, headers, None, api.contract))


def test_a_check_knows_its_own_key_from_others(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(200, json={}))
    own = [
        api.client.credentials.are_own(api.list(auth=auth))
        for auth in (BEARER, None, "Bearer wrong", f"Bearer {TOKEN}x", "Basic x")
    ]
    assert own == [True, False, False, False, False]
