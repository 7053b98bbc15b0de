"""What a sandbox was, and what a state was judged by."""

import marshal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.agents import Agent
from ..domain.clock import ClockState
from ..domain.lifecycle import Lifecycle
from ..domain.records import Rows
from ..large import pieces


class Packed:
    """Rows that are kept, as bytes: the collector of cycles would look through each of them."""

    def __init__(self, rows: Rows) -> None:
        self.sessions = len(rows["sessions"])
        self.pieces = [marshal.dumps(piece) for piece in pieces(rows)]

    def rows(self) -> Rows:
        rows: Rows = {}
        for piece in map(marshal.loads, self.pieces):
            for table, some in piece.items():
                rows.setdefault(table, []).extend(some)
        return rows


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A sandbox as it was at the instant `taken`."""

    packed: Packed
    clock: ClockState
    ids: Any
    agents: Mapping[str, Agent]
    taken: int


@dataclass(frozen=True, slots=True)
class Basis:
    """What a state is judged by, and must still be there when it is stored."""

    agents: frozenset[str]
    lifecycle: Lifecycle
