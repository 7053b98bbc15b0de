"""Keeps the secrets of a run out of what it keeps, shows and writes. What the target said is
judged as it came: only what is told of it is redacted."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

from ..contract.pointer import pointer

REDACTED = "[redacted]"
SHORTEST_SECRET = 6  # characters
CUT = "…"  # ends a text that is told in part
NESTED = 3  # times that a secret may be quoted: in a body, in a message about it, in a shell
BOTH = (True, False)
SHORTEST_PART = 4  # characters of a cut secret that are still taken out


def spellings(secret: str) -> set[str]:
    """The secret as a server may echo it: plain, in JSON, HTML, a URL, hex, base64; and as the
    name of a member in a JSON Pointer."""
    escaped = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    lower = {re.sub("%..", lambda found: found.group().lower(), form) for form in escaped}
    read = secret.encode().decode("latin-1")  # by a server that takes headers for Latin-1
    inner = {secret, read, pointer([secret])[1:], *(escape(secret, quotes) for quotes in BOTH)}
    for _ in range(NESTED):
        inner |= {json.dumps(form, ensure_ascii=ascii)[1:-1] for form in inner for ascii in BOTH}
    encoded = secret.encode()
    hexed = {encoded.hex(), encoded.hex().upper()}
    basic = (*_in_base64(encoded), *_in_base64(quote_plus(secret).encode()))
    return {secret, *escaped, *lower, *inner, *hexed, *basic}


def _in_base64(secret: bytes) -> Iterator[str]:
    """Base64 of the secret and of any text around it, as `Bearer KEY` or `user:KEY`: the
    letters that the secret alone decides, at each of the three places it may begin at."""
    for encode in (b64encode, urlsafe_b64encode):
        for before, mixed in ((0, 0), (1, 2), (2, 3)):
            whole = (before + len(secret)) * 8 // 6  # letters without a bit of what follows
            yield encode(b"\0" * before + secret).decode()[mixed:whole]


class Secrets:
    """What no output may show, in every spelling, longest first; keys that are renewed in the
    middle of a run are added. A word of a few letters stands in too many places to be taken
    out, and keeps nothing secret."""

    def __init__(self, *secrets: str | None) -> None:
        self.forms: tuple[str, ...] = ()
        self.add(*secrets)

    def __iter__(self) -> Iterator[str]:
        return iter(self.forms)

    def add(self, *secrets: str | None) -> None:
        given = [secret for secret in secrets if secret and len(secret) >= SHORTEST_SECRET]
        cases = {text for secret in given for text in (secret, secret.swapcase())}  # see AUTH-03
        forms = {form for secret in cases for form in spellings(secret)}.union(self.forms)
        self.forms = tuple(sorted(forms, key=lambda form: (-len(form), form)))


def redacted(value: Any, secrets: Iterable[str]) -> Any:
    """The same value with every one of the secrets, longest first, taken out of every string, or
    out of bytes.

    For what the target or the user has said; the report's own words hold no secrets. Letters
    that no file can hold are told as escapes.
    """
    if isinstance(value, str):
        value = value.encode("utf-8", "backslashreplace").decode()
        for secret in secrets:
            value = value.replace(secret, REDACTED)
        return _without_cut_ones(value, secrets) if CUT in value else value
    if isinstance(value, bytes):
        for secret in secrets:
            value = value.replace(secret.encode(), REDACTED.encode())
        return value
    if isinstance(value, dict):
        return {key: redacted(item, secrets) for key, item in value.items()}
    return [redacted(item, secrets) for item in value] if isinstance(value, list) else value


def _without_cut_ones(text: str, secrets: Iterable[str]) -> str:
    """The text without the begin of a secret just before it was cut."""
    parts = text.split(CUT)
    for place, part in enumerate(parts[:-1]):
        for secret in secrets:
            for length in range(len(secret) - 1, SHORTEST_PART - 1, -1):
                if part.endswith(secret[:length]):
                    parts[place] = part = part[:-length] + REDACTED
                    break
    return CUT.join(parts)
