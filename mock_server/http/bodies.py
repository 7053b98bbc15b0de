"""Request bodies: read up to a limit, refused by media type, parsed once."""

from collections import Counter
from typing import Any

import orjson
from starlette.types import Receive

from ..codec import decode
from ..large import PIECE, beside, decode_in_turns
from ..problems.kinds import Problem
from ..problems.violations import quote, violation

BODY_LIMIT = 1024 * 1024
DEPTH_LIMIT = 100
_MOST_PARTS, _MOST_VALUES = 2_000_000, 8_000_000
_TOO_DEEP = f"wanted at most {DEPTH_LIMIT} levels of nesting, got more"


async def read_body(receive: Receive, declared: bytes | None, limit: int = BODY_LIMIT) -> bytes:
    """The whole body. Raises Problem when it is larger than the limit, or breaks off."""
    if declared is not None and declared.isdigit() and int(declared[:20]) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem("invalid-request", "The request broke off before it was whole.")
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else await beside(size, lambda: b"".join(parts))


def check_media_type(content_type: bytes | None, content_encoding: bytes | None) -> None:
    """Raise Problem for anything but JSON in UTF-8; no Content-Type counts as JSON."""
    if content_encoding and content_encoding.lower() != b"identity":
        headers = {"Accept-Encoding": "identity"}  # RFC 9110, section 12.5.3
        detail = "Send the body without a Content-Encoding."
        raise Problem("unsupported-media-type", detail, headers=headers)
    if content_type is None or content_type == b"application/json":
        return
    media_type, *parameters = content_type.decode("latin-1").lower().split(";")
    if media_type.strip() != "application/json":
        came = media_type.strip()[:60] or "nothing"
        raise Problem("unsupported-media-type", f"Send the body as application/json, not {came}.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(" \"'") not in ("utf-8", "utf8"):
            raise Problem("unsupported-media-type", f"Send the body in UTF-8, not {value[:40]}.")


def parse_json(body: bytes, malformed: int = 400) -> Any:
    """The value of a body. Raises Problem, of the status `malformed`, when it is no JSON or
    too deep."""
    try:
        value = decode(body)
    except orjson.JSONDecodeError as error:
        raise _malformed(_reason(error), malformed) from None
    _check_depth(body, value, malformed)
    return value


def parse_strictly(body: bytes) -> Any:
    """The same of a body that may be large; raises Problem for a member that is named twice, too:
    one would be lost."""
    if _count(body, b"[{") > _MOST_PARTS:
        raise _malformed(f"wanted at most {_MOST_PARTS} lists and objects, got more", 400)
    if _count(body, b",") > _MOST_VALUES:
        raise _malformed(f"wanted at most {_MOST_VALUES} commas, got more", 400)
    twice: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs) and not twice:
            twice.extend(name for name, _ in Counter(name for name, _ in pairs).most_common(1))
        return made

    try:
        value = decode_in_turns(body, members)
    except (ValueError, RecursionError) as error:
        if len(body) > PIECE:
            raise _malformed(f"wanted JSON, got something else: {error}", 400) from None
        value = parse_json(body)  # which says what is wrong
    else:
        _check_depth(body, value, 400)
    if twice:
        detail = f"wanted each member once, got {quote(twice[0])} twice in one object"
        errors = [violation("body", "", detail)]
        raise Problem("invalid-request", "The body names a member twice.", errors=errors)
    return value


def _count(body: bytes, marks: bytes) -> int:
    found = 0
    for at in range(0, len(body), PIECE):
        for mark in marks:
            found += body.count(mark, at, at + PIECE)
    return found


def _check_depth(body: bytes, value: Any, status: int) -> None:
    if _count(body, b"[{") > DEPTH_LIMIT and _depth(value) > DEPTH_LIMIT:
        raise _malformed(_TOO_DEEP, status)


def _reason(error: orjson.JSONDecodeError) -> str:
    if "depth" in error.msg or "recursion" in error.msg:
        return _TOO_DEEP
    if "UTF-8" in error.msg and "BOM" not in error.msg:
        return "wanted UTF-8, got bytes that are none"
    place = f"line {error.lineno}, column {error.colno}"
    return f"wanted JSON, got something else at {place}: {error.msg}"


def _malformed(detail: str, status: int) -> Problem:
    errors = [violation("body", "", detail)]
    detail = "The body is not JSON that can be read."
    return Problem("invalid-request", detail, status=status, errors=errors)


def _too_large(limit: int) -> Problem:
    return Problem("content-too-large", f"A body holds at most {limit} bytes.")


def _depth(value: Any) -> int:
    depth, level = 0, [value] if isinstance(value, dict | list) else []
    while level:
        depth += 1
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]
    return depth
