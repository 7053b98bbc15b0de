"""The numbers of a contract, as the checks use them."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Bounds:
    """What an integer may be, both ends included, and what it is where none is given."""

    least: int
    most: int
    default: int | None = None

    @classmethod
    def of(cls, schema: dict[str, Any]) -> Self:
        return cls(schema["minimum"], schema["maximum"], schema.get("default"))

    def __contains__(self, number: float) -> bool:
        return self.least <= number <= self.most

    def near(self, number: int) -> int:
        """The number itself, or the end of the range that is nearest."""
        return max(self.least, min(number, self.most))
