"""Targets that speak HTTP/2."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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
from tests.network import Authority
from tests.serving import wait_until

HYPERCORN = """
import json
async def app(scope, receive, send):
    if scope["type"] == "http":
        body = json.dumps({"items": [], "version": scope["http_version"]}).encode()
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": body})
"""


@contextmanager
def hypercorn(folder: Path, *options: str) -> Iterator[int]:
    """A server of HTTP/2; its port."""
    (folder / "served.py").write_text(HYPERCORN)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    words = ["-m", "hypercorn", "--bind", f"127.0.0.1:{port}", *options, "served:app"]
    with subprocess.Popen([sys.executable, *words], cwd=folder, stderr=-3) as process:
        try:
            wait_until(lambda: reachable(port), 30)
            yield port
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of such a server without TLS."""
    with hypercorn(tmp_path_factory.mktemp("served")) as port:
        yield f"http://127.0.0.1:{port}"


def reachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_http_2_is_spoken_with_and_without_tls(tmp_path: Path, authority: Authority) -> None:
    certificate, key = authority.issue("localhost")
    options = ("--certfile", str(certificate), "--keyfile", str(key))
    with hypercorn(tmp_path, *options) as port:
        secure = Config(target=f"https://localhost:{port}", ca=authority.file).connection
        for version in (True, False):
            with http_client(secure, http2=version) as client, exchange(20):
                answer = client.get(f"https://localhost:{port}/")
                assert answer.json()["version"] == ("2" if version else "1.1")


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
