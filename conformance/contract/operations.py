"""The operations that a contract lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .parts import METHODS


@dataclass(frozen=True)
class Operation:
    """One operation: its path template and the statuses that the contract lists."""

    id: str
    method: str
    path: str
    statuses: frozenset[int]


def operations_of(spec: dict[str, Any]) -> Iterator[Operation]:
    """Every operation, in the file's order."""
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                raw = item[method]
                statuses = frozenset(int(status) for status in raw["responses"])
                yield Operation(raw["operationId"], method.upper(), path, statuses)
