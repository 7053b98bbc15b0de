"""Cross-origin access: browsers on another origin may read every answer, errors included."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .headers import header

_PREFLIGHT = b"access-control-request-method"  # which no other request has
_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_EXPOSED = (
    b"Allow, Preference-Applied, Retry-After, WWW-Authenticate, X-Mock-Origin, X-Mock-Violations, "
    b"X-Request-Id"
)
_ALLOWED = b"authorization, content-type, prefer, x-mock-delay, x-mock-fault, x-mock-sandbox"
_Headers = list[tuple[bytes, bytes]]


class CorsMiddleware:
    """Echoes the origin and answers preflights; `origins` empty lets every origin in."""

    def __init__(self, app: ASGIApp, origins: Sequence[str] = ()) -> None:
        self.app = app
        self.origins = frozenset(origin.encode("latin-1") for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = header(scope["headers"], b"origin") if scope["type"] == "http" else None
        if origin is None:
            await self.app(scope, receive, send)
        elif not self.allows(origin):
            await self.app(scope, receive, _sending(send, [(b"vary", b"Origin")]))
        elif scope["method"] == "OPTIONS" and header(scope["headers"], _PREFLIGHT):
            await _answer(send, [*_granted(origin), *_preflight(scope)])
        else:
            exposed = (b"access-control-expose-headers", _EXPOSED)
            await self.app(scope, receive, _sending(send, [*_granted(origin), exposed]))

    def allows(self, origin: bytes) -> bool:
        return not self.origins or origin in self.origins


def _granted(origin: bytes) -> _Headers:
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]


def _preflight(scope: Scope) -> _Headers:
    wanted = header(scope["headers"], b"access-control-request-headers")
    headers = [
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", wanted or _ALLOWED),
        (b"access-control-max-age", b"600"),
    ]
    if header(scope["headers"], b"access-control-request-private-network") == b"true":
        headers.append((b"access-control-allow-private-network", b"true"))
    return headers


def _sending(send: Send, headers: _Headers) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *headers]}
        await send(message)

    return with_headers


async def _answer(send: Send, headers: _Headers) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
