"""The rules of `x-rules`, which a deployment is judged by."""

from dataclasses import dataclass
from typing import Any, Literal

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


def rule_of(raw: dict[str, Any], line: int) -> Rule:
    """The rule that an entry of `x-rules` tells."""
    return Rule(
        id=raw["id"],
        level=raw["level"],
        evidence=raw["evidence"],
        source=raw["source"],
        operations=tuple(raw["operations"]),
        text=raw["text"],
        needs=tuple(raw.get("needs", ())),
        unchecked=raw.get("unchecked"),
        line=line,
        members=tuple(raw.get("members", ())),
        **{name: raw[name] for name in TOLD if name in raw},
    )
