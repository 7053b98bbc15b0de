"""Who vouches for a target, and who vouches for the suite."""

import os
import ssl
from pathlib import Path

import certifi

from ..config.connection import Connection
from ..config.settings import UsageError


def tls_context(connection: Connection) -> ssl.SSLContext:
    """The context of every TLS connection. Raises UsageError for a file that cannot serve."""
    # Not ssl's default one, which would write keys to the SSLKEYLOGFILE of the environment.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if connection.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif connection.roots:
        _trust(context, connection.roots, "SSL_CERT_FILE")
    else:
        context.load_default_certs()
        context.load_verify_locations(certifi.where())  # beside the system's
    if connection.ca:
        _trust(context, connection.ca, "--ca")
    if connection.client_cert:
        _present(context, connection.client_cert, connection.client_key)
    return context


def _trust(context: ssl.SSLContext, file: Path, named: str) -> None:
    try:
        context.load_verify_locations(file)
    except OSError as error:
        is_other = isinstance(error, ssl.SSLError)
        why = " holds no certificate" if is_other else f": {error.strerror}"
        raise UsageError(f"{named} {file}{why}; wanted a PEM file") from None


def _present(context: ssl.SSLContext, cert: Path, key: Path | None) -> None:
    """Show this certificate to a target that asks for one."""
    for file in (cert, key):
        if file and not os.access(file, os.R_OK):
            raise UsageError(f"--client-cert {file} cannot be read; wanted FILE or FILE,KEY in PEM")
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except _Encrypted:
        raise UsageError(
            f"--client-cert {key or cert}: the key is encrypted; give one that is not,"
            f" as made by: openssl pkey -in {key or cert} -out plain.pem"
        ) from None
    except OSError as error:
        if "MISMATCH" in str(error):
            why = f"the key in {key or cert} is another's"
            raise UsageError(f"--client-cert {cert}: {why}") from None
        raise UsageError(
            f"--client-cert {cert} holds no certificate with its key; wanted FILE[,KEY] in PEM"
        ) from None


class _Encrypted(Exception):
    """A password is asked for, which a run has nobody to ask for."""


def _no_password() -> str:
    raise _Encrypted
