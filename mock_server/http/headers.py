"""Headers as ASGI has them: pairs of bytes, the names in lower case."""

from collections.abc import Iterable


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The value of the first header of this name."""
    for key, value in headers:
        if key == name:
            return value
    return None
