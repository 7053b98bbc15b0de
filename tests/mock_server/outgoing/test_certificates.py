"""Whom clients trust, and who they are."""

import ssl

import pytest

from mock_server.outgoing.clients import Outgoing
from mock_server.outgoing.faults import OutgoingFault
from tests.serving import answering

from .support import Hello, ask, failure


def test_a_private_authority_is_trusted_when_it_is_named(secure, authority):
    assert ask(secure, ca=authority.file) == "hi"


def test_a_private_authority_is_trusted_that_the_environment_names(secure, authority, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    assert ask(secure) == "hi"


def test_an_authority_that_the_system_trusts_is_trusted(secure, authority, monkeypatch):
    def load(context, *_):
        context.load_verify_locations(authority.file)

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", load)
    assert ask(secure) == "hi"


def test_both_the_option_and_the_environment_are_trusted(secure, authority, stranger, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(stranger.file))
    assert ask(secure, ca=authority.file) == "hi"


@pytest.mark.parametrize("insecure", [False, True])
def test_no_keys_are_written_where_another_program_is_told_to(monkeypatch, tmp_path, insecure):
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "no-such-folder" / "keys"))
    assert Outgoing(insecure=insecure).tls.keylog_filename is None


def test_no_certificate_is_checked_when_told_so(secure):
    assert ask(secure, insecure=True) == "hi"


def test_an_unknown_authority_is_named_as_the_cause(secure):
    told = failure(secure)
    assert "certificate is not trusted" in told
    assert "--ca" in told


def test_another_name_is_named_as_the_cause(secure, authority):
    told = failure(secure.replace("localhost", "127.0.0.1"), ca=authority.file)
    assert "127.0.0.1" in told
    assert "--ca" not in told


def test_a_client_certificate_is_shown(mutual, authority):
    certificate, key = authority.issue("client.test")
    assert ask(mutual, ca=authority.file, client_cert=(certificate, key)) == "hi"
    joined = certificate.with_name("joined.pem")
    joined.write_bytes(certificate.read_bytes() + key.read_bytes())
    assert ask(mutual, ca=authority.file, client_cert=(joined, None)) == "hi"


def test_a_server_that_wants_a_certificate_is_told_apart(mutual, authority):
    assert failure(mutual, ca=authority.file).endswith("; see --client-cert")


def test_a_server_without_tls_is_named_as_the_cause(authority):
    with answering(Hello) as url:
        assert "TLS" in failure(url.replace("http:", "https:"), ca=authority.file)


@pytest.mark.parametrize(
    ("file", "words"),
    [("missing.pem", "No such file"), ("text.pem", "no certificate"), (".", "directory")],
)
def test_an_authority_that_cannot_be_used_is_told_with_its_file(tmp_path, file, words):
    (tmp_path / "text.pem").write_text("no PEM at all")
    with pytest.raises(OutgoingFault) as caught:
        ask("https://127.0.0.1:1", ca=tmp_path / file)
    told = str(caught.value)
    assert told.startswith(f"--ca {tmp_path / file}: ")
    assert words.lower() in told.lower()


def test_a_client_certificate_that_cannot_be_used_is_told_with_its_file(tmp_path, authority):
    certificate, _ = authority.issue("a.test")
    _, other = authority.issue("b.test")
    locked = tmp_path / "locked.key"
    locked.write_text(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
    )
    for pair in ((certificate, None), (certificate, other), (certificate, locked)):
        with pytest.raises(OutgoingFault, match=f"--client-cert {certificate}"):
            ask("https://127.0.0.1:1", client_cert=pair)


def test_a_file_of_the_environment_that_cannot_be_used_is_told_by_its_name(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with pytest.raises(OutgoingFault, match="SSL_CERT_FILE=.*missing.pem: .*correct or unset it"):
        ask("https://127.0.0.1:1")
