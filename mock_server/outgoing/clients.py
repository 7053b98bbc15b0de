"""The one place that makes HTTP clients: certificates, proxies, sockets, headers."""

import json
import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import certifi

from .faults import OutgoingFault, cause_of, reason_of
from .headers import Headers, parse_headers
from .proxies import environments_proxy, usable_proxy

if TYPE_CHECKING:
    import httpx

_LONGEST = 107  # bytes of a socket's path in Linux
_SHORTEST_SECRET = 6  # bytes
_EXCLUSIVE = (
    ("insecure", "ca"), ("proxy", "no_proxy"), ("proxy", "unix_socket"),
)  # fmt: skip


@dataclass(frozen=True)
class Outgoing:
    """Makes every HTTP client of the package.

    `ca` is trusted beside the public authorities, or those of SSL_CERT_FILE in their place;
    `client_cert` is a certificate with, if it lies elsewhere, its key. Without a `proxy` the
    environment's is asked, but for loopback hosts; with `no_proxy` none is. With `http2` that is
    spoken alone, otherwise where TLS agrees on nothing else. `headers` stand in every request, and
    no redirect is followed with them.
    """

    ca: Path | None = None
    client_cert: tuple[Path, Path | None] | None = None
    insecure: bool = False
    proxy: str | None = field(default=None, repr=False)  # it may hold a password
    no_proxy: bool = False
    unix_socket: Path | None = None
    http2: bool = False
    headers: Headers = field(default=(), repr=False)

    @classmethod
    def of(
        cls, url: str | None = None, header: Iterable[str] = (), key: str = "", **options: Any
    ) -> Self:
        """The way to a URL, if that is known, as options have it, `client_cert` in one text too;
        for each `header` see `parse_headers`. Raises OutgoingFault."""
        if isinstance(pair := options.get("client_cert"), str):
            options["client_cert"] = _certificate(pair)
        outgoing = cls(headers=parse_headers(header, key), **options)
        outgoing.check(url)
        return outgoing

    def client(self, url: str, timeout: float) -> "httpx.Client":
        """A client of the origin of a URL. Raises OutgoingFault."""
        import httpx

        from .transports import hooks

        way = {**self._way(url), "http1": not self.http2, "http2": True}  # as the server likes
        told = hooks("proxy" in way)
        transport = httpx.HTTPTransport(**way)
        return httpx.Client(transport=transport, event_hooks=told, **self._plain(timeout))

    def async_client(self, url: str, timeout: float, bare: bool = False) -> "httpx.AsyncClient":
        """The same for asynchronous code; a `bare` one adds no headers."""
        import httpx

        from .transports import Transport, async_hooks

        way = self._way(url)
        told = async_hooks("proxy" in way)
        transport = Transport(self.http2, **way)
        return httpx.AsyncClient(
            transport=transport, event_hooks=told, **self._plain(timeout, bare)
        )

    def check(self, url: str | None = None) -> None:
        """Raise OutgoingFault at once for what would keep a client of the URL from being made."""
        if self.proxy:
            usable_proxy(self.proxy, "--proxy")
        for one, other in _EXCLUSIVE:
            if getattr(self, one) and getattr(self, other):
                names = " and ".join(f"--{name.replace('_', '-')}" for name in (one, other))
                raise OutgoingFault(f"{names} exclude one another; leave one of them out")
        if self.unix_socket and self.unix_socket.exists() and not self.unix_socket.is_socket():
            raise OutgoingFault(f"--unix-socket {self.unix_socket} is no socket")
        if self.unix_socket and len(os.fsencode(self.unix_socket)) > _LONGEST:
            raise OutgoingFault(f"--unix-socket {self.unix_socket}: too long; give a shorter path")
        proxy = self.proxy_for(url) if url else None
        if self.ca or self.client_cert or _speaks_tls(url or "") or _speaks_tls(proxy or ""):
            self.tls  # noqa: B018  (made at the first look, and kept)

    def proxy_for(self, url: str) -> str | None:
        """The proxy that a URL is asked by way of, None for none. Raises OutgoingFault."""
        if self.proxy:
            return usable_proxy(self.proxy, "--proxy")
        return None if self.no_proxy or self.unix_socket else environments_proxy(url)

    def cause_of(self, error: Exception, seconds: float) -> str:
        """Why a request was not answered that was given so many seconds."""
        import httpx

        broken = self.http2 and isinstance(error, httpx.RemoteProtocolError)
        return cause_of(error, seconds) + (", or speaks no HTTP/2: see --http2" if broken else "")

    def redacted(self, content: bytes) -> bytes:
        """The content without the values of headers, which a server may echo."""
        for secret in self._secrets:
            content = content.replace(secret, b"[redacted]")
        return content

    @cached_property
    def _secrets(self) -> list[bytes]:
        """The values of headers as they stand in a text and in JSON, in ASCII or not; the longest
        first, as one may hold another."""
        secrets = {value for _, value in self.headers if len(value) >= _SHORTEST_SECRET}
        for text in [value.decode() for value in secrets]:
            for ascii in (True, False):
                secrets.add(json.dumps(text, ensure_ascii=ascii)[1:-1].encode())
        return sorted(secrets, key=len, reverse=True)

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
                raise OutgoingFault(f"--client-cert {files}: {reason_of(error)}; {form}") from None
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
            raise OutgoingFault(f"{where}: {reason_of(error)}; correct or unset it") from None
        try:
            if self.ca:
                context.load_verify_locations(self.ca)
        except OSError as error:
            wanted = "wanted a file of PEM certificates"
            raise OutgoingFault(f"--ca {self.ca}: {reason_of(error)}; {wanted}") from None

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
        limits = httpx.Limits(max_connections=None)
        return {**way, "trust_env": False, "limits": limits}

    def _plain(self, timeout: float, bare: bool = False) -> dict[str, Any]:
        # A jar that takes nothing: a cookie is one answer's, and the next request may be another's.
        cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        headers = [] if bare else list(self.headers)
        return {"timeout": timeout, "trust_env": False, "cookies": cookies, "headers": headers}


def _certificate(text: str) -> tuple[Path, Path | None]:
    file, _, key = text.partition(",")
    if not file:
        raise OutgoingFault(f"--client-cert {text!r}: wanted FILE or FILE,KEY")
    return Path(file), Path(key) if key else None


def _speaks_tls(url: str) -> bool:
    return urlsplit(url).scheme == "https"
