"""What the clients of the mock have exercised: operations, statuses, edges of the lifecycle."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..contract.document import Contract


class Coverage:
    """Counts of one sandbox; whatever is counted counts for `total` too."""

    def __init__(self, total: "Coverage | None" = None) -> None:
        self.total = total
        self.answers: Counter[tuple[str, int]] = Counter()
        self.steps: Counter[tuple[str, str]] = Counter()

    def answered(self, operation: str, status: int) -> None:
        """Count an answer that a client was sent."""
        self.answers[operation, status] += 1
        if self.total is not None:
            self.total.answered(operation, status)

    def stepped(self, state: str, event: str) -> None:
        """Count an event that befell a session in a state."""
        self.steps[state, event] += 1
        if self.total is not None:
            self.total.stepped(state, event)

    def clear(self) -> None:
        """Begin again; what counted for the total stays there."""
        self.answers.clear()
        self.steps.clear()


def coverage_document(coverage: Coverage, contract: Contract) -> dict[str, Any]:
    """The counts beside all that the contract has."""
    operations = [*_operations(coverage, contract)]
    transitions = [*_transitions(coverage, contract)]
    statuses = [row for operation in operations for row in operation["statuses"]]
    return {
        "summary": {
            "operations": _share([op["count"] for op in operations]),
            "statuses": _share([row["count"] for row in statuses]),
            "transitions": _share([row["count"] for row in transitions]),
        },
        "operations": operations,
        "transitions": transitions,
    }


def coverage_table(coverage: Coverage, contract: Contract) -> str:
    """The same for people: what was exercised, and what never was."""
    document = coverage_document(coverage, contract)
    shares = [
        f"{share['exercised']} of {share['all']} {name}"
        for name, share in document["summary"].items()
    ]
    lines = [f"Coverage of the contract: {', '.join(shares)}"]
    for operation in document["operations"]:
        seen = [f"{row['status']}x{row['count']}" for row in operation["statuses"] if row["count"]]
        never = [str(row["status"]) for row in operation["statuses"] if not row["count"]]
        name, gaps = operation["operation"], " ".join(never) or "-"
        lines.append(f"  {name:18}{' '.join(seen) or '-':30} never: {gaps}")
    for row in document["transitions"]:
        edge = f"{row['state']} --{row['event']}-> {row['to']}"
        lines.append(f"  {edge:48}{row['count'] or 'never'}")
    return "\n".join(lines)


def _operations(coverage: Coverage, contract: Contract) -> Iterator[dict[str, Any]]:
    for _, _, operation, _ in contract.operations():
        known = {*map(int, contract.statuses(operation))}
        seen = {status for name, status in coverage.answers if name == operation}
        statuses = [
            {
                "status": status,
                "count": coverage.answers[operation, status],
                "in_contract": status in known,
            }
            for status in sorted(known | seen)
        ]
        count = sum(row["count"] for row in statuses)
        yield {"operation": operation, "count": count, "statuses": statuses}


def _transitions(coverage: Coverage, contract: Contract) -> Iterator[dict[str, Any]]:
    events = contract.resolved["x-lifecycle"]["events"]
    for row in contract.lifecycle.rows.values():
        # An expiry that changes nothing is nothing that a client could bring about.
        if row.effects or events[row.event]["operation"]:
            count = coverage.steps[row.state, row.event]
            yield {"state": row.state, "event": row.event, "to": row.to, "count": count}


def _share(counts: list[int]) -> dict[str, int]:
    return {"exercised": sum(1 for count in counts if count), "all": len(counts)}
