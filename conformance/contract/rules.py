"""The rules of `x-rules`, which a deployment is judged by."""

from dataclasses import dataclass
from typing import Any, Literal, Self

Level = Literal["MUST", "SHOULD", "MAY"]
Evidence = Literal["explicit", "inferred", "project"]
TOLD = ("kind", "given", "by", "when", "beside", "bound", "sent")  # to what judges a rule of a kind


@dataclass(frozen=True)
class Rule:
    """One sentence that a deployment is judged by. `line` is where the contract has it.

    What judges a rule of a `kind` is told: the state that is `given`, the event `by` which it was
    reached where that matters, the event `when` the rule holds and the one `beside` it, the
    `members` that it is about, the `bound` of those, or what is `sent`.
    """

    id: str
    level: Level
    evidence: Evidence
    source: str
    operations: tuple[str, ...]
    text: str
    needs: tuple[str, ...] = ()
    unchecked: str | None = None
    line: int = 0
    kind: str = ""
    given: str = ""
    by: str = ""
    when: str = ""
    beside: str = ""
    bound: str = ""
    sent: str = ""
    members: tuple[str, ...] = ()

    @classmethod
    def of(cls, raw: dict[str, Any], line: int) -> Self:
        """The rule that an entry of `x-rules` tells."""
        lists = {word: tuple(value) for word, value in raw.items() if isinstance(value, list)}
        return cls(**{**raw, **lists}, line=line)
