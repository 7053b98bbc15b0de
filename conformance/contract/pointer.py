"""JSON Pointer, RFC 6901."""

from collections.abc import Iterable
from typing import Any


def pointer(path: Iterable[str | int]) -> str:
    return "".join(f"/{escaped(str(part))}" for part in path)


def escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def resolved(document: Any, node: Any) -> Any:
    """The node, or what it refers to by a `$ref` within the document."""
    if "$ref" not in node:
        return node
    found = document
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found
