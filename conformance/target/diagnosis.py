"""Why a target could not be reached, in a line that says how to mend it."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import httpx

from ..config.connection import Connection
from ..config.settings import Config

NO_SUCH_HOST = tuple(
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)
)
NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
NAME_MISMATCH, ADDRESS_MISMATCH, EXPIRED, NOT_YET_VALID = 62, 64, 10, 9  # X509_V_ERR_*


@dataclass(frozen=True)
class Way:
    """How a URL is asked, and the option that names it."""

    option: str
    url: str
    connection: Connection
    timeout: float
    http2: bool = False

    @property
    def what(self) -> str:
        return "the target" if self.option == "--target" else "the server of keys"

    @classmethod
    def to_target(cls, config: Config) -> Self:
        url, connection = str(config.target), config.connection
        return cls("--target", url, connection, config.timeout, config.http2)

    @classmethod
    def to_keys(cls, config: Config) -> Self:
        url, connection = str(config.token_url), config.token_connection
        return cls("--token-url", url, connection, config.timeout)


def diagnosis(error: BaseException, way: Way) -> tuple[str, bool]:
    """The line, and whether the caller is to mend what it says: else the target is."""
    place, host = _place(way)
    for cause in _chain(error):
        if way.connection.unix_socket and (told := _socket(cause, way.connection.unix_socket)):
            return told
        if isinstance(cause, socket.gaierror):
            if cause.errno in NO_SUCH_HOST:
                return f"no address is known of the host {host}; check the name in {place}", True
            return f"the address of the host {host} could not be looked up: {cause.strerror}", False
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate(cause, way), True
        if isinstance(cause, ssl.SSLError):
            return _handshake(cause, way)
        if isinstance(cause, ConnectionRefusedError):
            where = f"{host} ({', '.join(_addresses(way))})"
            return f"nothing listens at {where}; is it started, and is {place} right?", False
    if isinstance(error, httpx.ProxyError):
        cure = "; it wants user:password@ before its host" if str(error)[:3] == "407" else ""
        return f"the proxy {host} refuses the way to {way.what}: {error}{cure}", True
    if isinstance(error, httpx.ConnectTimeout):
        return f"{host} takes no connection within {way.timeout:g} s; a firewall may", False
    if way.http2 and "StreamReset" in str(error):  # in h2's own words
        return f"{host} resets the stream of the request ({error})", False
    if isinstance(error, httpx.RemoteProtocolError) and way.http2:
        return f"{host} does not speak HTTP/2 ({error}); leave out --http2", True
    if isinstance(error, (httpx.RemoteProtocolError, httpx.ReadError)) and speaks_tls(way):
        return f"{way.what} speaks TLS; write {way.option} {with_scheme(way, 'https')}", True
    return _unanswered(error, way), False


def _unanswered(error: BaseException, way: Way) -> str:
    place, host = _place(way)
    if isinstance(error, httpx.ConnectError):
        return (
            f"{host} cannot be reached ({error}); is this machine's network up, and {place} right?"
        )
    if isinstance(error, httpx.ReadTimeout):
        return f"{host} takes the connection and answers nothing within {way.timeout:g} s"
    if isinstance(error, (httpx.RemoteProtocolError, httpx.ReadError)):
        doubt = f"does a server of HTTP run behind that port, and is {place} right?"
        return f"{host} takes the connection and gives no answer ({error}); {doubt}"
    return named(error)


def named(error: BaseException) -> str:
    """An error by its kind, and in its own words where it has any."""
    return f"{type(error).__name__}{f' ({error})' if str(error) else ''}"


def _socket(error: BaseException, path: Path) -> tuple[str, bool] | None:
    if isinstance(error, OSError) and "too long" in str(error):
        return f"--unix-socket {path}: {error}; give a shorter path", True
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        starts = isinstance(error, ConnectionRefusedError) and path.is_socket()
        return f"--unix-socket {path} is no socket that anybody listens on", not starts
    return None


def wants_http2(error: BaseException) -> bool:
    """Whether the target refuses HTTP/1.1 in the handshake of TLS (RFC 7301, section 3.2)."""
    causes = (cause for cause in _chain(error) if isinstance(cause, ssl.SSLError))
    return any("no application protocol" in str(cause).lower() for cause in causes)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _place(way: Way) -> tuple[str, str]:
    """The option that names where the connection goes to, and that host."""
    if way.connection.unix_socket:
        return "--unix-socket", str(way.connection.unix_socket)
    if proxy := way.connection.proxy:
        return proxy.source, urlsplit(proxy.url).netloc
    return way.option, urlsplit(way.url).netloc


def _addresses(way: Way) -> list[str]:
    """Every address that was tried, with its family."""
    proxy = way.connection.proxy
    parts = urlsplit(proxy.url if proxy else way.url)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return ["no address"]
    names = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
    return [f"{names.get(family, family)} {address[0]}" for family, _, _, _, address in found]


def _certificate(error: ssl.SSLCertVerificationError, way: Way) -> str:
    why = error.verify_message.rstrip(".")
    fault = f"the certificate of {_place(way)[1]} cannot be trusted: {why}"
    if error.verify_code in (NAME_MISMATCH, ADDRESS_MISMATCH):
        return f"{fault}; write {way.option} with a name that it has"
    if error.verify_code in (EXPIRED, NOT_YET_VALID):
        return f"{fault}; it must be renewed, or this machine's clock set right"
    return f"{fault}; --ca FILE names the authority that has issued it"


def _handshake(error: ssl.SSLError, way: Way) -> tuple[str, bool]:
    reason = str(error.reason or error)
    words = reason.lower().replace("_", " ")
    if reason in NOT_TLS:
        return f"{way.what} speaks no TLS; write {way.option} {with_scheme(way, 'http')}", True
    if "CERTIFICATE" in reason or "HANDSHAKE_FAILURE" in reason:
        cure = "give another by" if way.connection.client_cert else "give one by"
        return f"{way.what} wants a client certificate ({words}); {cure} --client-cert", True
    return f"TLS with {_place(way)[1]} failed: {words}", False


def with_scheme(way: Way, scheme: str) -> str:
    """The URL, spoken to in this scheme."""
    return f"{scheme}://{way.url.partition('://')[2]}"


def speaks_tls(way: Way) -> bool:
    """Whether the port takes a TLS handshake, with whatever certificate."""
    parts = urlsplit(way.url)
    if parts.scheme != "http" or way.connection.proxy or way.connection.unix_socket:
        return False
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        address = (parts.hostname, parts.port or 80)
        with socket.create_connection(address, way.timeout) as plain:
            context.wrap_socket(plain, server_hostname=parts.hostname).close()
    except (OSError, ValueError):
        return False
    return True
