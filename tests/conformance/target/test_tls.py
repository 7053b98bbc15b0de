"""Who vouches for a target, and who the suite is to it: certificates, over real sockets."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.config.settings import Config, UsageError
from conformance.judging.outcomes import Blocked
from conformance.target.tls import tls_context
from tests.network import Authority, answering_tls
from tests.serving import answering

from .servers import page

Reach = Callable[..., Any]


def test_a_private_authority_is_named_by_an_option(
    reach: Reach, secure: str, authority: Authority
) -> None:
    assert reach(secure, ca=authority.file) == 200


def test_a_private_authority_is_named_by_the_environment(
    reach: Reach, secure: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    assert reach(secure) == 200


@pytest.mark.parametrize("insecure", [False, True])
def test_no_keys_are_written_where_another_program_is_told_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, insecure: bool
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "no-such-folder" / "keys"))
    config = Config(target="https://staging.test", insecure=insecure)
    assert tls_context(config.connection).keylog_filename is None


def test_an_unknown_authority_is_not_trusted(reach: Reach, secure: str) -> None:
    with pytest.raises(Blocked, match="certificate verify failed"):
        reach(secure)


def test_a_certificate_of_another_name_is_not_trusted(reach: Reach, authority: Authority) -> None:
    with answering_tls(page(), authority.issue("staging.example.test")) as url:
        with pytest.raises(Blocked, match="localhost"):
            reach(url, ca=authority.file)


def test_an_insecure_run_trusts_everybody(reach: Reach, authority: Authority) -> None:
    with answering_tls(page(), authority.issue("staging.example.test")) as url:
        assert reach(url, insecure=True) == 200


@pytest.mark.parametrize("name", ["--ca", "SSL_CERT_FILE"])
@pytest.mark.parametrize("text", [None, "no certificate"])
def test_a_file_without_authorities_is_named(
    reach: Reach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if text:
        file.write_text(text)
    monkeypatch.setenv(name, str(file))
    with pytest.raises(UsageError, match=f"{name} {file}.*wanted a PEM file"):
        reach("https://localhost:9", ca=file if name == "--ca" else None)


def test_a_broken_variable_does_not_matter_where_there_is_no_tls(
    reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "nowhere.pem")
    with answering(page()) as url:
        assert reach(url) == 200


@pytest.fixture(scope="module")
def mutual(authority: Authority) -> Iterator[str]:
    certificate = authority.issue("localhost")
    with answering_tls(page(), certificate, clients_of=authority) as url:
        yield url


def test_a_client_certificate_is_shown(reach: Reach, mutual: str, authority: Authority) -> None:
    certificate, key = authority.issue("suite.example.test")
    assert reach(mutual, ca=authority.file, client_cert=f"{certificate},{key}") == 200


def test_a_certificate_may_lie_with_its_key(
    reach: Reach, mutual: str, authority: Authority, tmp_path: Path
) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(file.read_bytes() for file in authority.issue("suite.example.test")))
    assert reach(mutual, ca=authority.file, client_cert=str(both)) == 200


def test_without_a_client_certificate_there_is_no_way(
    reach: Reach, mutual: str, authority: Authority
) -> None:
    with pytest.raises(Blocked, match="not answered"):
        reach(mutual, ca=authority.file)


def encrypted(key: Path, to: Path) -> Path:
    words = ["openssl", "pkey", "-in", str(key), "-aes128", "-passout", "pass:x", "-out", str(to)]
    subprocess.run(words, check=True, capture_output=True)
    return to


def test_a_client_certificate_that_cannot_serve_is_named(
    reach: Reach, authority: Authority, tmp_path: Path
) -> None:
    one, key = authority.issue("one.example.test")
    _, other = authority.issue("other.example.test")
    for given, told in (
        ("nowhere.pem", "nowhere.pem cannot be read"),
        (str(authority.file), "no certificate with its key"),
        (f"{one},{other}", "the key in .* is another's"),
        (f"{one},{encrypted(key, tmp_path / 'key')}", "the key is encrypted"),
    ):
        with pytest.raises(UsageError, match=f"--client-cert .*{told}"):
            reach("https://localhost:9", client_cert=given)
