"""Request bodies: bytes in, JSON values out, anything hostile refused."""

import json
import math
import sys
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from .refusals import RefusedError
from .truth import names, renamed

SIZE_MAX = 1 << 20
DEPTH_MAX = 100


class Bodies:
    """Reads what clients send. Raises RefusedError for a body that is too large or no JSON."""

    def __init__(self, choices: Mapping[str, str]) -> None:
        self.choices = choices
        self.old = {new: old for old, new in names(choices["names"]).items()}

    async def read(self, request: Request) -> Any:
        """The JSON value of a body."""
        raw = await self.raw(request)
        self.check_media(request)
        value = self.decode(raw)
        return renamed(value, self.old) if isinstance(value, dict) else value

    async def read_optional(self, request: Request) -> Any:
        """The same, with no body read as an empty object."""
        if self.choices["end_without_body"] == "ok" and not await self.raw(request):
            return {}
        return await self.read(request)

    async def raw(self, request: Request) -> bytes:
        """The bytes. A body too large is read to its end, so that its client hears the answer."""
        if hasattr(request.state, "raw"):
            return bytes(request.state.raw)
        kept, size = bytearray(), 0
        async for chunk in request.stream():
            size += len(chunk)
            if size <= SIZE_MAX:
                kept += chunk
        if size > SIZE_MAX:
            raise RefusedError(413, f"That is more than {SIZE_MAX} bytes.")
        request.state.raw = bytes(kept)
        return bytes(kept)

    def check_media(self, request: Request) -> None:
        """Refuse a body that says it is something else."""
        named = request.headers.get("content-type")
        if named is not None and named.partition(";")[0].strip().lower() != "application/json":
            raise RefusedError(self.choices["media_type"], "Only application/json is spoken here.")

    def decode(self, raw: bytes) -> Any:
        """The JSON value that the bytes spell."""
        try:
            value = json.loads(raw.decode(), parse_constant=no_constant, parse_float=finite)
        except (ValueError, RecursionError):
            raise RefusedError(self.choices["malformed_json"], "That is no JSON text.") from None
        if depth(value) > DEPTH_MAX:
            raise RefusedError(self.choices["malformed_json"], f"Nested beyond {DEPTH_MAX} levels.")
        return value


def no_constant(word: str) -> Any:
    raise ValueError(word)


def finite(text: str) -> float:
    """A number beyond the machine's range becomes its largest, which JSON can still write."""
    value = float(text)
    return math.copysign(sys.float_info.max, value) if math.isinf(value) else value


def depth(value: Any) -> int:
    """How many arrays and objects lie within one another."""
    level, layer = 0, [value]
    while layer := [item for item in layer if isinstance(item, (dict, list))]:
        level += 1
        layer = [
            inner for item in layer for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return level
