"""The looks of a wait, folded: the first and the last stand for those in between."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from ..config.connection import TRACE_HEADERS
from ..judging.exchange import Exchange

LOOKS = ("read", "list", "search")  # roles of operations


@dataclass(frozen=True)
class Poll:
    """So many looks that were answered alike, over so many seconds."""

    times: int
    seconds: float


def folded(trace: Iterable[Exchange]) -> tuple[list[Exchange], dict[int, Poll]]:
    """The trace without the looks in between, and the polls by the numbers of their last looks."""
    kept: list[Exchange] = []
    polls: dict[int, Poll] = {}
    for looks in _alike(trace):
        if len(looks) > 2:
            seconds = looks[-1].started - looks[0].started
            polls[looks[-1].number] = Poll(len(looks), seconds)
            looks = [looks[0], looks[-1]]
        kept += looks
    return kept, polls


def _alike(trace: Iterable[Exchange]) -> Iterator[list[Exchange]]:
    """Looks that were answered alike together, if they came one after the other; what else
    there is, each alone."""
    for (role, *_), sights in groupby(trace, _sight):
        alike = [*sights]
        raced = any(later.started < earlier.finished for earlier, later in pairwise(alike))
        yield from [alike] if role in LOOKS and not raced else ([e] for e in alike)


def _sight(exchange: Exchange) -> tuple[Any, ...]:
    headers = {n: value for n, value in exchange.headers.items() if n not in TRACE_HEADERS}
    asked = exchange.role, exchange.url, headers, exchange.body
    return *asked, exchange.status, exchange.content
