"""HTTP/1.1, and HTTP/2 to a server that agrees in TLS on nothing else, or where told so."""

import re
from typing import Any

import httpx

from .faults import wants_http2

_HTTP2: dict[str, Any] = {"http1": False, "http2": True}
_PROXY_REFUSES = "407 Proxy Authentication Required"


class Transport(httpx.BaseTransport):
    """Goes on in HTTP/2 with a server that refuses HTTP/1.1, or speaks it alone."""

    def __init__(self, http2: bool, **way: Any) -> None:
        self.second = httpx.HTTPTransport(**way, **_HTTP2)
        self.first = self.second if http2 else httpx.HTTPTransport(**way)
        self.refusing: set[bytes] = set()
        self.proxied = "proxy" in way

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        _leave_zone(request)
        response = self._answer(request)
        if self.proxied and _is_of_proxy(request, response):
            response.close()
            raise httpx.ProxyError(_PROXY_REFUSES)
        return response

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.netloc not in self.refusing:
            try:
                return self.first.handle_request(request)
            except httpx.ConnectError as error:
                if not wants_http2(error):
                    raise
                self.refusing.add(request.url.netloc)
        return self.second.handle_request(request)

    def close(self) -> None:
        self.first.close()
        self.second.close()


class AsyncTransport(httpx.AsyncBaseTransport):
    """The same for asynchronous code."""

    def __init__(self, http2: bool, **way: Any) -> None:
        self.second = httpx.AsyncHTTPTransport(**way, **_HTTP2)
        self.first = self.second if http2 else httpx.AsyncHTTPTransport(**way)
        self.refusing: set[bytes] = set()
        self.proxied = "proxy" in way

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        _leave_zone(request)
        response = await self._answer(request)
        if self.proxied and _is_of_proxy(request, response):
            await response.aclose()
            raise httpx.ProxyError(_PROXY_REFUSES)
        return response

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.netloc not in self.refusing:
            try:
                return await self.first.handle_async_request(request)
            except httpx.ConnectError as error:
                if not wants_http2(error):
                    raise
                self.refusing.add(request.url.netloc)
        return await self.second.handle_async_request(request)

    async def aclose(self) -> None:
        await self.first.aclose()
        await self.second.aclose()


def _leave_zone(request: httpx.Request) -> None:
    """The zone of an address, `%25eth0` in a URL (RFC 6874), is of no concern to the server."""
    address, percent, zone = request.url.host.partition("%")
    if percent:
        request.url = request.url.copy_with(host=f"{address}%{zone.removeprefix('25')}")
        request.headers["host"] = re.sub(r"%[^]]*", "", request.headers["host"])


def _is_of_proxy(request: httpx.Request, response: httpx.Response) -> bool:
    """Whether a proxy that forwards what is plain answers for itself."""
    return response.status_code == httpx.codes.PROXY_AUTHENTICATION_REQUIRED and (
        request.url.scheme == "http"
    )
