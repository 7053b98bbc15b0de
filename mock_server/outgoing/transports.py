"""What `httpx` leaves to do on the way to other servers."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from .faults import wants_http2

_HTTP2: dict[str, Any] = {"http1": False, "http2": True}


class Transport(httpx.AsyncBaseTransport):
    """HTTP/1.1, and HTTP/2 to a server that agrees in TLS on nothing else, or where told so."""

    def __init__(self, http2: bool, **way: Any) -> None:
        self.second = httpx.AsyncHTTPTransport(**way, **_HTTP2)
        self.first = self.second if http2 else httpx.AsyncHTTPTransport(**way)
        self.refusing: set[bytes] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
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


def hooks(proxied: bool) -> dict[str, list[Callable[[Any], None]]]:
    """What is done with each request and each answer, by way of a proxy or not."""
    return {"request": [_leave_zone], "response": [_refuse_a_proxys] if proxied else []}


def async_hooks(proxied: bool) -> dict[str, list[Callable[[Any], Awaitable[None]]]]:
    """The same for asynchronous code."""
    return {event: [_later(hook) for hook in of] for event, of in hooks(proxied).items()}


def _later(hook: Callable[[Any], None]) -> Callable[[Any], Awaitable[None]]:
    async def run(message: Any) -> None:
        hook(message)

    return run


def _leave_zone(request: httpx.Request) -> None:
    """The zone of an address, `%25eth0` in a URL (RFC 6874), is of no concern to the server."""
    address, percent, zone = request.url.host.partition("%")
    if percent:
        request.url = request.url.copy_with(host=f"{address}%{zone.removeprefix('25')}")
        request.headers["host"] = re.sub(r"%[^]]*", "", request.headers["host"])


def _refuse_a_proxys(response: httpx.Response) -> None:
    """Raise ProxyError where a proxy that forwards what is plain answers for itself."""
    refused = response.status_code == httpx.codes.PROXY_AUTHENTICATION_REQUIRED
    if refused and response.request.url.scheme == "http":
        raise httpx.ProxyError("407 Proxy Authentication Required")
