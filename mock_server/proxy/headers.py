"""Headers of proxied messages: which are passed on, and the one that tells the violations."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.types import Scope

# RFC 9110, section 7.6.1.
_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    b"transfer-encoding upgrade".split()
)
_MOST = 4_000  # bytes of violations


def has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


def passed_on(
    headers: Sequence[tuple[bytes, bytes]], left_out: frozenset[bytes]
) -> list[tuple[bytes, bytes]]:
    """The headers that concern the other end; blanks around a value are none of it."""
    lowered = [(name.lower(), value) for name, value in headers]
    named = b",".join(value for name, value in lowered if name == b"connection")
    hops = {token.strip().lower() for token in named.split(b",")} | _HOP_BY_HOP | left_out
    return [(name, value.strip(b" \t")) for name, value in lowered if name not in hops]


def of_clients(contract: Mapping[str, Any]) -> frozenset[bytes]:
    """The headers that a client says its key in, beside Authorization."""
    schemes = contract.get("components", {}).get("securitySchemes", {}).values()
    names = {"header": "{name}", "cookie": "cookie"}
    places = [names[one["in"]].format(**one) for one in schemes if one.get("in") in names]
    return frozenset(place.lower().encode() for place in places)


def in_header(found: Sequence[Mapping[str, str]]) -> bytes:
    """The violations as JSON in ASCII, as many as fit a header."""
    shown_parts: list[str] = []
    for entry in found:
        text = json.dumps(dict(entry), separators=(",", ":"))
        if sum(map(len, shown_parts)) + len(text) > _MOST:
            break
        shown_parts.append(text)
    return f"[{','.join(shown_parts)}]".encode()
