"""How a request carries the suite's key, as the contract's security scheme has it.

A recorded request names the key as a shell would, so that no report holds it and a curl line
can be pasted; the key itself takes that place on the wire alone.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Self
from urllib.parse import quote, urlencode

from ..config.settings import Config, UsageError
from ..judging.exchange import Exchange
from .tokens import Tokens

TOKEN = "$CONFORMANCE_TOKEN"
SECOND_TOKEN = "$CONFORMANCE_SECOND_TOKEN"
BEARER = f"Bearer {TOKEN}"  # how a check says: with the suite's key, however that is carried
SWAPPED = '$(printf %s "$CONFORMANCE_TOKEN" | tr a-zA-Z A-Za-z)'  # the key with its case swapped
ENCODED = """$(printf %s "{}" | base64 | tr -d '\\n')"""  # a user's name and password
ENCODED_AGAIN = re.compile(re.escape(ENCODED).replace(r"\{\}", "(.*?)"))


@dataclass(frozen=True)
class Scheme:
    """Where a key stands: `bearer` and `basic` in Authorization, or an apiKey under its name in
    a header, the query or a cookie. An empty kind is a contract that wants no key."""

    kind: str = ""
    name: str = ""

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Self:
        """The first scheme that the contract as a whole asks for."""
        requirement: dict[str, Any] = next(iter(spec.get("security") or ()), {})
        schemes = spec.get("components", {}).get("securitySchemes", {})
        raw = schemes.get(next(iter(requirement), None))
        if raw is None:
            return cls()
        if raw["type"] == "apiKey":
            return cls(raw["in"], raw["name"])
        return cls("basic" if str(raw.get("scheme")).lower() == "basic" else "bearer")

    def carry(self, key: str, headers: dict[str, str], path: str) -> str:
        """Put the key into the headers or the path, which is given back."""
        if self.kind == "bearer":
            headers["authorization"] = f"Bearer {key}"
        elif self.kind == "basic":
            headers["authorization"] = f"Basic {ENCODED.format(key)}"
        elif self.kind == "header":
            headers[self.name.lower()] = key
        elif self.kind == "cookie":
            headers["cookie"] = f"{self.name}={key}"
        elif self.kind == "query":
            pair = f"{urlencode({self.name: ''})}{key if key[:1] == '$' else quote(key, safe='')}"
            return f"{path}{'&' if '?' in path else '?'}{pair}"
        return path


class Credentials:
    """The keys of a run, and how they are carried."""

    def __init__(self, config: Config, spec: Mapping[str, Any], tokens: Tokens) -> None:
        self.config = config
        self.scheme = Scheme.of(spec)
        names = {"header": self.scheme.name.lower(), "cookie": "cookie"}
        for name, _ in config.connection.headers:
            if name.lower() == names.get(self.scheme.kind):
                where = "the contract's key stands there; it goes in CONFORMANCE_TOKEN"
                raise UsageError(f"--header {name}: {where}")
        self.tokens = tokens

    def carry(self, auth: str | None, headers: dict[str, str], path: str) -> str:
        """The path of a request with these credentials, which its headers may get: None for
        none, `Bearer KEY` for a key, and anything else for an Authorization of that text."""
        if auth is None:
            return path
        scheme, _, key = auth.partition(" ")
        if scheme == "Bearer" and key:
            return self.scheme.carry(key, headers, path)
        headers["authorization"] = auth
        return path

    def are_own(self, draft: Exchange) -> bool:
        """Whether a request carries the suite's own key, and not a wrong one or another's."""
        headers: dict[str, str] = {}
        pair = self.scheme.carry(TOKEN, headers, "").removeprefix("?")
        return (not pair or pair in draft.url.partition("?")[2].split("&")) and all(
            draft.headers.get(name) == value for name, value in headers.items()
        )

    def revealed(self, text: str, spelt: Callable[[str], str] = str) -> str:
        """The text with the real keys, `spelt` so, in the place of their names."""
        if "$" not in text:
            return text
        token = self.tokens.current()
        text = text.replace(SWAPPED, spelt(token.swapcase())).replace(TOKEN, spelt(token))
        text = text.replace(SECOND_TOKEN, spelt(self.config.second_token or ""))
        return ENCODED_AGAIN.sub(lambda found: b64encode(found[1].encode()).decode(), text)

    def revealed_in_url(self, url: str) -> str:
        """The same of a URL, where a key is percent-encoded."""
        return self.revealed(url, partial(quote, safe="")) if self.scheme.kind == "query" else url
