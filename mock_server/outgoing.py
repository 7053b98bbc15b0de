"""How other servers are reached over HTTP: certificates, proxies, sockets, and why it failed."""

import os
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import certifi

from .addresses import is_loopback, is_usable

if TYPE_CHECKING:
    import httpx


PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
PROXY_WANTED = "wanted an http, https or socks5 URL, such as http://proxy.test:3128"


class OutgoingFault(ValueError):
    """A certificate or a proxy cannot be used; the message says which, why and what to do."""


@dataclass(frozen=True)
class Outgoing:
    """Makes every HTTP client of the package.

    `ca` is trusted beside the public authorities, or those of SSL_CERT_FILE in their place;
    `client_cert` is a certificate with, if it lies elsewhere, its key. Without a `proxy` the
    environment's is asked, but for loopback hosts; with `no_proxy` none is.
    """

    ca: Path | None = None
    client_cert: tuple[Path, Path | None] | None = None
    insecure: bool = False
    proxy: str | None = None
    no_proxy: bool = False
    unix_socket: Path | None = None

    def client(self, url: str, timeout: float) -> "httpx.Client":
        """A client of the origin of a URL. Raises OutgoingFault."""
        import httpx

        return httpx.Client(transport=httpx.HTTPTransport(**self._way(url)), **_plain(timeout))

    def async_client(self, url: str, timeout: float) -> "httpx.AsyncClient":
        """The same for asynchronous code."""
        import httpx

        transport = httpx.AsyncHTTPTransport(**self._way(url))
        return httpx.AsyncClient(transport=transport, **_plain(timeout))

    def check(self, url: str | None = None) -> None:
        """Raise OutgoingFault at once for what would keep a client of the URL from being made."""
        if self.proxy and not is_usable(self.proxy, PROXY_SCHEMES):
            raise OutgoingFault(f"--proxy: {PROXY_WANTED}")  # it may hold a password
        if self.proxy and (self.no_proxy or self.unix_socket):
            other = "--no-proxy" if self.no_proxy else "--unix-socket"
            raise OutgoingFault(f"--proxy and {other} exclude one another; leave one of them out")
        proxy = self.proxy_for(url) if url else None
        if self.ca or self.client_cert or _speaks_tls(url or "") or _speaks_tls(proxy or ""):
            self.tls  # noqa: B018  (made at the first look, and kept)

    def proxy_for(self, url: str) -> str | None:
        """The proxy that a URL is asked by way of, None for none. Raises OutgoingFault."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or {"https": 443}.get(parts.scheme, 80)
        if self.no_proxy or self.unix_socket or _is_exempt(host, port):
            return None
        if self.proxy or is_loopback(host):
            return self.proxy
        return _environments_proxy(f"{parts.scheme}_proxy") or _environments_proxy("all_proxy")

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Whom to trust, and who to be. Slow to make. Raises OutgoingFault."""
        # Not ssl's default one, which would write keys to the SSLKEYLOGFILE of the environment.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        else:
            self._trust(context)
        if self.client_cert:
            certificate, key = self.client_cert
            try:
                # An encrypted key would ask the terminal for its password.
                context.load_cert_chain(certificate, key, password="")
            except OSError as error:
                files = " with ".join(str(file) for file in self.client_cert if file)
                form = "wanted PEM files, FILE or FILE,KEY, the key not encrypted"
                raise OutgoingFault(f"--client-cert {files}: {_reason(error)}; {form}") from None
        return context

    def _trust(self, context: ssl.SSLContext) -> None:
        file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
        try:
            if file or folder:
                context.load_verify_locations(file or None, None if file else folder)
            else:
                context.load_default_certs()
                context.load_verify_locations(certifi.where())  # beside the system's
        except OSError as error:
            where = f"the environment has SSL_CERT_FILE={file}"
            raise OutgoingFault(f"{where}: {_reason(error)}; correct or unset it") from None
        try:
            if self.ca:
                context.load_verify_locations(self.ca)
        except OSError as error:
            wanted = "wanted a file of PEM certificates"
            raise OutgoingFault(f"--ca {self.ca}: {_reason(error)}; {wanted}") from None

    def _way(self, url: str) -> dict[str, Any]:
        """What a transport is made from; TLS is set up where it is spoken alone."""
        import httpx

        proxy = self.proxy_for(url)
        way: dict[str, Any] = {"verify": self.tls if _speaks_tls(url) else False}
        if proxy:
            tls = self.tls if _speaks_tls(proxy) else None
            way["proxy"] = httpx.Proxy(proxy, ssl_context=tls)
        elif self.unix_socket:
            way["uds"] = str(self.unix_socket)
        return {**way, "trust_env": False, "limits": httpx.Limits(max_connections=None)}


def cause_of(error: BaseException, seconds: float | None = None) -> str:
    """Why a request was not answered, in a few words; `seconds` are what it was given."""
    chain = [*_chain(error)]
    for cause in chain:
        if isinstance(cause, TimeoutError) or "Timeout" in type(cause).__name__:
            return f"no answer within {seconds:g} s" if seconds else "no answer in time"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({cause.verify_message}); see --ca"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed ({_reason(cause)})"
        if isinstance(cause, socket.gaierror):
            return "there is no host of this name"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(cause, ConnectionResetError | BrokenPipeError):
            return "the connection was broken off"
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
    return " ".join(str(error).split())[:200] or type(error).__name__


def _plain(timeout: float) -> dict[str, Any]:
    # A jar that takes nothing: a cookie is one answer's, and the next request may be another's.
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return {"timeout": timeout, "trust_env": False, "cookies": cookies}


def _speaks_tls(url: str) -> bool:
    return urlsplit(url).scheme == "https"


def _environments_proxy(name: str) -> str | None:
    found = _variable(name)
    if found is None:
        return None
    url = found if "://" in found else f"http://{found}"
    if not is_usable(url, PROXY_SCHEMES):  # it may hold a password, so it is not shown
        raise OutgoingFault(f"{name.upper()} of the environment: {PROXY_WANTED}; see --no-proxy")
    return url


def _variable(name: str) -> str | None:
    return os.environ.get(name) or os.environ.get(name.upper()) or None


def _is_exempt(host: str, port: int) -> bool:
    """Whether NO_PROXY has the host: by name, by domain, by address or by network."""
    entries = (_variable("no_proxy") or "").split(",")
    return any(_covers(entry.strip(), host, port) for entry in entries)


def _covers(entry: str, host: str, port: int) -> bool:
    name, colon, wanted = entry.lower().rpartition(":")
    if not (colon and wanted.isdigit() and (":" not in name or name.endswith("]"))):
        name, wanted = entry.lower(), ""
    if wanted and wanted != str(port):
        return False
    try:
        return ip_address(host) in ip_network(name.strip("[]"), strict=False)
    except ValueError:
        domain = name.removeprefix("*").removeprefix(".")
    named = bool(domain) and (host == domain or host.endswith(f".{domain}"))
    return named or name == "*"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that it came from."""
    following: BaseException | None = error
    while following is not None:
        yield following
        following = following.__cause__ or following.__context__


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        reason: str | None = getattr(error, "reason", None)
        return (reason or error.strerror or "no PEM").replace("_", " ").lower()
    return error.strerror or str(error)
