"""Targets that speak HTTP/2."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.judging.evidence import Evidence
from conformance.registry import watch_of
from conformance.target.api import Api
from conformance.target.client import Client
from conformance.target.network import exchange
from conformance.target.transport import Transport, http_client
from tests.network import Authority, http2_alone, hypercorn


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of such a server without TLS."""
    with hypercorn(tmp_path_factory.mktemp("served")) as port:
        yield f"http://127.0.0.1:{port}"


def test_http_2_is_spoken_with_and_without_tls(tmp_path: Path, authority: Authority) -> None:
    certificate, key = authority.issue("localhost")
    options = ("--certfile", str(certificate), "--keyfile", str(key))
    with hypercorn(tmp_path, *options) as port:
        secure = Config(target=f"https://localhost:{port}", ca=authority.file).connection
        for version in (True, False):
            with http_client(secure, http2=version) as client, exchange(20):
                answer = client.get(f"https://localhost:{port}/")
                assert answer.json()["version"] == ("2" if version else "1.1")


def test_a_target_that_refuses_http_1_is_spoken_to_in_http_2(
    tmp_path: Path, authority: Authority
) -> None:
    with http2_alone(tmp_path, authority) as url:
        secure = Config(target=url, ca=authority.file).connection
        with http_client(secure) as client, exchange(20):
            assert [client.get(url).json()["version"] for _ in range(2)] == ["2", "2"]


def test_http_2_is_spoken_with_prior_knowledge(plain: str) -> None:
    with http_client(Config(target=plain).connection, http2=True) as client, exchange(20):
        assert client.get(f"{plain}/").json()["version"] == "2"


def test_exchanges_over_http_2_share_no_connection(plain: str) -> None:
    url = f"{plain}/"
    transport = Transport(Config(target=url).connection, http2=True)
    with exchange(20):
        under_way = [transport.handle_request(httpx.Request("GET", url)) for _ in range(2)]
        for answer in under_way:
            answer.close()
        transport.handle_request(httpx.Request("GET", url)).close()
    assert len(transport.made) == 2
    transport.close()


def test_a_target_is_spoken_to_in_http_2_when_told(plain: str, contract: Contract) -> None:
    config = Config(target=plain, http2=True, max_requests=99)
    client = Client(config, watch_of(contract), Evidence())
    api = Api(client, "conf-test")
    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(lambda _: api.list().json["version"], range(40)))
    client.close()
    assert told == ["2"] * 40
