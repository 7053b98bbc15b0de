"""The one place that makes HTTP clients."""

from __future__ import annotations

import re
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
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
    """Gives each exchange under way a pool, and so a connection, to itself: over HTTP/2, httpcore
    compresses the heads of requests that threads send at once over one connection without a lock.
    """

    def __init__(self, connection: Connection, *, http2: bool = False) -> None:
        context = tls_context(connection) if connection.secure else None
        self.make = partial(Pool, connection, context)
        self.http2 = http2
        self.proxied = connection.proxy is not None
        self.idle: deque[Pool] = deque()
        self.made: list[Pool] = []

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
        self.idle.clear()
        return self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        pool = self._take()
        try:
            answer = Answer(pool.handle_request(request), partial(self._give_back, pool))
        except BaseException:
            self._give_back(pool)
            raise
        if self.proxied and answer.status_code == PROXY_REFUSES and request.url.scheme == "http":
            answer.close()
            raise httpx.ProxyError(f"{PROXY_REFUSES} Proxy Authentication Required")
        return answer

    def close(self) -> None:
        for pool in self.made:
            pool.close()

    def _take(self) -> Pool:
        with suppress(IndexError):
            return self.idle.pop()
        self.made.append(pool := self.make(http2=self.http2))
        return pool

    def _give_back(self, pool: Pool) -> None:
        if pool.http2 == self.http2:
            self.idle.append(pool)


class Pool(httpx.HTTPTransport):
    """httpx's own, over sockets that keep to the end of an exchange."""

    def __init__(
        self, connection: Connection, context: ssl.SSLContext | None, *, http2: bool
    ) -> None:
        self.http2 = http2
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            proxy=_proxy(connection.proxy, context),
            keepalive_expiry=KEEPALIVE,
            http1=not http2,
            http2=http2,
            uds=str(connection.unix_socket) if connection.unix_socket else None,
            network_backend=Network(),
        )


class Answer(httpx.Response):
    """An answer that httpx does not ask where it redirects to: nobody follows, and a Location
    that is no URL would pass for no answer at all."""

    def __init__(self, answer: httpx.Response, closed: Callable[[], None]) -> None:
        super().__init__(
            answer.status_code,
            headers=answer.headers,
            stream=answer.stream,
            extensions=answer.extensions,
        )
        self.closed = closed

    @property
    def has_redirect_location(self) -> bool:
        return False

    def close(self) -> None:
        if not self.is_closed:  # once: by the second time its pool may be another's
            super().close()
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
