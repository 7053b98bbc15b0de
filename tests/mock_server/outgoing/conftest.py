"""Servers behind certificates and a proxy, in an environment that names neither."""

import pytest

from tests.network import Authority, answering_tls, forwarding

from .support import Hello

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("strangers"))


@pytest.fixture(scope="module")
def secure(authority):
    with answering_tls(Hello, authority.issue("localhost")) as url:
        yield url


@pytest.fixture(scope="module")
def mutual(authority):
    with answering_tls(Hello, authority.issue("localhost", "mutual"), authority) as url:
        yield url


@pytest.fixture(scope="module")
def forward(tmp_path_factory):
    with forwarding(tmp_path_factory.mktemp("proxy")) as url:
        yield url
