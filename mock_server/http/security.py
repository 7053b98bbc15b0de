"""Authentication, where Connexion's middleware has it: behind routing, before all else.

Connexion's own operation builds a request object and walks a list of schemes each time; the
contract has one scheme, so this one looks at one place.
"""

import hmac
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl

from connexion.operations import AbstractOperation
from starlette.types import ASGIApp, Receive, Scope, Send

from ..problems.kinds import Problem
from .headers import header

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


class Key(NamedTuple):
    """A kind of token: its name, and the option that sets it."""

    name: str
    source: str


API_KEY = Key("API key", "--token or ADJOURN_TOKEN")


class Scheme(NamedTuple):
    """Where a contract has the key sent: as `bearer` or `basic` in Authorization, or by its name
    in a `header`, the `query` or a `cookie`."""

    kind: str
    name: str = "Authorization"

    @classmethod
    def of(cls, security: Sequence[Mapping[str, Any]], schemes: Mapping[str, Any]) -> Self | None:
        """The scheme that is asked for; None where no key is."""
        if not security:
            return None
        scheme = schemes[next(iter(security[0]))]
        if scheme["type"] == "apiKey":
            return cls(scheme["in"], scheme["name"])
        return cls(scheme["scheme"].lower())

    def check(self, scope: Scope, token: str | None) -> None:
        """Raise Problem unless a request carries the token."""
        if self.kind == "bearer":
            check_credentials(_given(scope, b"authorization"), token)
            return
        key = self.key(scope)
        if not key or (token is not None and not same_key(key, token)):
            wanted = "another" if key else "none"
            detail = f"Send the {API_KEY.name} {self.words()}; this request has {wanted}."
            challenge = 'Basic realm="chats"' if self.kind == "basic" else "ApiKey"
            raise Problem("unauthorized", detail, headers={"WWW-Authenticate": challenge})

    def key(self, scope: Scope) -> str:
        """The key that a request carries, empty for none."""
        if self.kind == "query":
            text: str = scope["query_string"].decode("latin-1")
            return dict(parse_qsl(text, encoding="latin-1")).get(self.name, "")
        if self.kind == "cookie":
            cookies = (_given(scope, b"cookie") or "").split(";")
            pairs = (cookie.strip().partition("=") for cookie in cookies)
            return next((value for name, _, value in pairs if name == self.name), "")
        given = _given(scope, self.name.lower().encode()) or ""
        if self.kind == "header":
            return given
        scheme, _, encoded = given.partition(" ")
        try:
            decoded = b64decode(encoded, validate=True).decode("latin-1")
        except ValueError:
            return ""
        return decoded if scheme.lower() == "basic" else ""

    def curl(self, key: str) -> str:
        """The option of curl that sends a key."""
        forms = {
            "bearer": f"-H 'Authorization: Bearer {key}'",
            "basic": f"-u '{key}:'",
            "header": f"-H '{self.name}: {key}'",
            "query": f"--url-query '{self.name}={key}'",
            "cookie": f"-b '{self.name}={key}'",
        }
        return forms[self.kind]

    def words(self) -> str:
        """Where the key goes, in words."""
        if self.kind == "basic":
            return 'as user and password, "Authorization: Basic <base64>"'
        place = {"header": "the header", "query": "the query as", "cookie": "the cookie"}
        return f"in {place[self.kind]} {self.name}"


class SecuredOperation:
    """One operation, behind the API key if its contract wants one; None takes any."""

    def __init__(self, next_app: ASGIApp, operation: AbstractOperation, token: str | None) -> None:
        self.next_app = next_app
        self.scheme = Scheme.of(operation.security or (), operation.security_schemes or {})
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.scheme:
            self.scheme.check(scope, self.token)
        await self.next_app(scope, receive, send)


def _given(scope: Scope, name: bytes) -> str | None:
    value = header(scope["headers"], name)
    return None if value is None else value.decode("latin-1")


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
