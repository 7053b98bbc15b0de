"""What a sandbox was, and what a state was judged by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.agents import Agent
from ..domain.clock import ClockState
from ..domain.lifecycle import Lifecycle
from ..domain.records import Rows


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A sandbox as it was at the instant `taken`."""

    rows: Rows
    clock: ClockState
    ids: Any
    agents: Mapping[str, Agent]
    taken: int


@dataclass(frozen=True, slots=True)
class Basis:
    """What a state is judged by, and must still be there when it is stored."""

    agents: frozenset[str]
    lifecycle: Lifecycle
