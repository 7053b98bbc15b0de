"""Bearer authentication, where Connexion's middleware has it: behind routing, before all else.

Connexion's own operation builds a request object and walks a list of schemes each time; the
contract has one scheme, so this one looks at one header.
"""

import hmac
from collections.abc import Iterable
from typing import Any, NamedTuple

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from connexion.spec import Specification
from starlette.types import ASGIApp, Receive, Scope, Send

from ..problems.kinds import Problem

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


class Key(NamedTuple):
    """A kind of token: its name, and the option that sets it."""

    name: str
    source: str


API_KEY = Key("API key", "--token or ADJOURN_TOKEN")


class SecuredOperation:
    """One operation, behind the API key if its contract wants one."""

    def __init__(self, next_app: ASGIApp, secured: bool, token: str | None) -> None:
        self.next_app = next_app
        self.secured = secured
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the credentials and hand the request on."""
        if self.secured:
            check_credentials(authorization(scope["headers"]), self.token)
        await self.next_app(scope, receive, send)


class SecurityAPI(RoutedAPI[SecuredOperation]):  # type: ignore[misc]
    """The secured operations of one specification."""

    def __init__(self, *args: Any, token: str | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.token = token
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> SecuredOperation:
        """The operation with what its contract says of security."""
        return SecuredOperation(self.next_app, bool(operation.security), self.token)


class Security(RoutedMiddleware[SecurityAPI]):  # type: ignore[misc]
    """Refuses requests without the token; with None any that is not empty will do."""

    api_cls = SecurityAPI

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        super().__init__(app)
        self.token = token

    def add_api(self, specification: Specification, **kwargs: Any) -> SecurityAPI:
        """Register the contract's operations."""
        api: SecurityAPI = super().add_api(specification, token=self.token, **kwargs)
        return api


def authorization(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The first Authorization header."""
    for name, value in headers:
        if name == b"authorization":
            return value.decode("latin-1")
    return None


def check_credentials(given: str | None, token: str | None, kind: Key = API_KEY) -> None:
    """Raise Problem unless the header carries the token."""
    if given is None:
        raise _unauthorized(f"Send {_wanted(kind, token)}.")
    scheme, _, key = given.partition(" ")
    key = key.strip(" ")
    if scheme.lower() != "bearer" or not key:
        raise _unauthorized(f"Wanted the scheme Bearer with a key; send {_wanted(kind, token)}.")
    if token is not None and not same_key(key, token):
        raise _unauthorized(f"This is another {kind.name}; send {_wanted(kind, token)}.")


def _wanted(kind: Key, token: str | None) -> str:
    known = "" if token is None else f"; it is what the mock was started with, by {kind.source}"
    return f'the {kind.name} as "Authorization: Bearer <key>"{known}'


def same_key(key: str, token: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(key.encode("latin-1"), token.encode())


def _unauthorized(detail: str) -> Problem:
    return Problem("unauthorized", detail, headers=_CHALLENGE)
