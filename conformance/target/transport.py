"""The one place that makes HTTP clients."""

from __future__ import annotations

import re
import ssl
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore
import httpx

from .. import __version__
from ..config.connection import Connection, Proxy
from .diagnosis import wants_http2
from .network import Network
from .tls import tls_context

USER_AGENT = f"adjourn-conformance/{__version__}"
PROXY_REFUSES = 407  # what a proxy that forwards what is plain answers for itself
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
    """httpcore's connections over sockets that keep to the end of an exchange.

    Over HTTP/2 each exchange under way has a pool, and so a connection, to itself: httpcore
    compresses the heads of requests that threads send at once over one connection without a lock.
    """

    def __init__(self, connection: Connection, *, http2: bool = False) -> None:
        context = tls_context(connection) if connection.secure else None
        self.http2 = http2
        self.proxied = connection.proxy is not None
        self.idle: deque[httpcore.ConnectionPool] = deque()
        self.make = partial(
            httpcore.ConnectionPool,
            ssl_context=context,
            proxy=_proxy(connection.proxy, context),
            max_connections=CONNECTIONS,
            keepalive_expiry=KEEPALIVE,
            uds=str(connection.unix_socket) if connection.unix_socket else None,
            network_backend=Network(),
        )
        self.made = [] if http2 else [self.make()]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """From where the server refuses HTTP/1.1 in the handshake, HTTP/2 is spoken."""
        if "%" in request.url.host:  # the zone of an IPv6 address is no concern of the server's
            request.headers["host"] = re.sub(r"%[^]]*", "", request.headers["host"])
        try:
            return self._answer(request)
        except httpx.ConnectError as error:
            if self.http2 or not wants_http2(error):
                raise
        self.http2 = True
        return self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        sent = httpcore.Request(
            request.method,
            url,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        pool = self._take()
        try:
            with _in_httpx_words():
                answer = pool.handle_request(sent)
        except BaseException:
            self._give_back(pool)
            raise
        body = Body(answer, partial(self._give_back, pool))
        if self.proxied and answer.status == PROXY_REFUSES and request.url.scheme == "http":
            body.close()
            raise httpx.ProxyError(f"{PROXY_REFUSES} Proxy Authentication Required")
        return Answer(
            answer.status,
            headers=answer.headers,
            stream=body,
            extensions=answer.extensions,
        )

    def close(self) -> None:
        for pool in self.made:
            pool.close()

    def _take(self) -> httpcore.ConnectionPool:
        if self.http2:
            with suppress(IndexError):
                return self.idle.pop()
            self.made.append(pool := self.make(http1=False, http2=True))
            return pool
        return self.made[0]

    def _give_back(self, pool: httpcore.ConnectionPool) -> None:
        if self.http2 and pool not in self.idle:
            self.idle.append(pool)


class Answer(httpx.Response):
    """An answer that httpx does not ask where it redirects to: nobody follows, and a Location
    that is no URL would pass for no answer at all."""

    @property
    def has_redirect_location(self) -> bool:
        return False


class Body(httpx.SyncByteStream):
    """The body of an answer, as it comes."""

    def __init__(self, answer: httpcore.Response, closed: Callable[[], None]) -> None:
        self.answer = answer
        self.closed = closed

    def __iter__(self) -> Iterator[bytes]:
        with _in_httpx_words():
            yield from self.answer.iter_stream()

    def close(self) -> None:
        self.answer.close()
        self.closed()


def _proxy(proxy: Proxy | None, context: ssl.SSLContext | None) -> httpcore.Proxy | None:
    if proxy is None:
        return None
    secure = proxy.url.startswith("https:")
    return httpcore.Proxy(
        proxy.url,
        auth=(proxy.user.encode(), proxy.password.encode()) if proxy.user else None,
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
