"""The operations that a contract lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .parts import operations


@dataclass(frozen=True)
class Operation:
    """One operation: its path template and the statuses that the contract lists."""

    id: str
    method: str
    path: str
    statuses: frozenset[int]


def operations_of(spec: dict[str, Any]) -> Iterator[Operation]:
    """Every operation, in the file's order."""
    for (_, path, method), raw in operations(spec):
        statuses = frozenset(map(int, raw["responses"]))
        yield Operation(raw["operationId"], str(method).upper(), str(path), statuses)
