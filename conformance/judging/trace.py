"""The exchanges of a check, oldest first, and those of them that a finding needs."""

from urllib.parse import quote

from ..contract.ids import Paths, canonical, mentions
from .exchange import Exchange

Trace = list[Exchange]
TELLING = ("create", "list")  # roles of operations


def relevant(trace: Trace, paths: Paths) -> tuple[Exchange, ...]:
    """What leads to an answer that is wrong in itself: all that concerns the same session.
    A last exchange that names no session may build on every one before it."""
    id = paths.named(trace[-1].path) if trace else ""
    if not id:
        return tuple(trace)
    return tuple(e for e in trace if paths.named(e.path) == id or _tells(e, id))


def _tells(exchange: Exchange, id: str) -> bool:
    """Whether the answer of an open or a list holds the session."""
    if exchange.role not in TELLING:
        return False
    text = exchange.content.decode("latin-1")
    if id.lower() not in text.lower() and quote(id, safe="") not in text:
        return False  # seen at once, however large the answer
    return any(canonical(found[0]) == id for found in mentions([id]).finditer(text))
