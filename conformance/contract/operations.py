"""The operations that a contract lists."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .parts import Json, operations, parameters


@dataclass(frozen=True)
class Operation:
    """One operation: its path template, and what it takes and answers, without references."""

    id: str
    method: str
    path: str
    raw: Json = field(repr=False, compare=False)
    query: dict[str, Json] = field(repr=False, compare=False)  # its parameters there

    @property
    def statuses(self) -> frozenset[int]:
        """The statuses that the contract lists."""
        return frozenset(map(int, self.raw["responses"]))

    @property
    def media(self) -> Json:
        """What the contract says of its body; empty where it takes none."""
        found: Json = self.raw.get("requestBody", {}).get("content", {}).get("application/json", {})
        return found


def operations_of(document: Json) -> Iterator[Operation]:
    """Every operation, in the file's order."""
    for steps, raw in operations(document):
        _, path, method = map(str, steps)
        given = parameters(document, steps)
        query = {one["name"]: one for one in given if one["in"] == "query"}
        yield Operation(raw["operationId"], method.upper(), path, raw, query)
