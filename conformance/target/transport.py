"""The one place that makes HTTP clients."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore
import httpx

from .. import __version__
from ..config.connection import Connection, Proxy
from .network import Network
from .tls import tls_context

USER_AGENT = f"adjourn-conformance/{__version__}"
CONNECTIONS = 100  # more than a run may ever have under way
KEEPALIVE = 1.5  # seconds; below every server's usual 5, so that no request meets a closing socket


def http_client(connection: Connection, *, http2: bool = False) -> httpx.Client:
    """A client that follows no redirect and takes no cookie: either might carry a secret to
    another place, or stand for the key that a check leaves out."""
    return httpx.Client(
        transport=Transport(connection, http2=http2),
        headers={"user-agent": USER_AGENT, "accept-encoding": "gzip, deflate"},
        follow_redirects=False,
        trust_env=False,  # what the environment says of the way is in the connection
        timeout=None,  # the network ends every exchange in time
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


class Transport(httpx.BaseTransport):
    """httpcore's connections over sockets that keep to the end of an exchange."""

    def __init__(self, connection: Connection, *, http2: bool = False) -> None:
        context = tls_context(connection) if connection.secure else None
        self.pool = httpcore.ConnectionPool(
            ssl_context=context,
            proxy=_proxy(connection.proxy, context),
            max_connections=CONNECTIONS,
            keepalive_expiry=KEEPALIVE,
            http1=not http2,
            http2=http2,
            uds=str(connection.unix_socket) if connection.unix_socket else None,
            network_backend=Network(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        with _in_httpx_words():
            answer = self.pool.handle_request(
                httpcore.Request(
                    request.method,
                    url,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return Answer(
            answer.status,
            headers=answer.headers,
            stream=Body(answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        self.pool.close()


class Answer(httpx.Response):
    """An answer that httpx does not ask where it redirects to: nobody follows, and a Location
    that is no URL would pass for no answer at all."""

    @property
    def has_redirect_location(self) -> bool:
        return False


class Body(httpx.SyncByteStream):
    """The body of an answer, as it comes."""

    def __init__(self, answer: httpcore.Response) -> None:
        self.answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _in_httpx_words():
            yield from self.answer.iter_stream()

    def close(self) -> None:
        self.answer.close()


def _proxy(proxy: Proxy | None, context: ssl.SSLContext | None) -> httpcore.Proxy | None:
    if proxy is None:
        return None
    secure = proxy.url.startswith("https:")
    return httpcore.Proxy(
        proxy.url,
        auth=(proxy.user, proxy.password) if proxy.user else None,
        ssl_context=context if secure else None,
    )


@contextmanager
def _in_httpx_words() -> Iterator[None]:
    """Both libraries call the same errors by the same names."""
    try:
        yield
    except tuple(ERRORS) as error:
        raise ERRORS[type(error)](str(error)) from error


ERRORS: dict[type[Exception], type[httpx.TransportError]] = {
    getattr(httpcore, name): getattr(httpx, name)
    for name in (
        "ConnectError", "ConnectTimeout", "LocalProtocolError", "PoolTimeout", "ProxyError",
        "ReadError", "ReadTimeout", "RemoteProtocolError", "UnsupportedProtocol", "WriteError",
        "WriteTimeout",
    )
}  # fmt: skip
