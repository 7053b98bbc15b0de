"""The lifecycle as a state diagram of Mermaid."""

import re
from collections.abc import Iterator

from ..contract.document import Contract
from ..contract.lifecycle import Transition
from .view import View, other_parts


def mermaid(contract: Contract) -> View:
    rows = (row for row in contract.lifecycle.rows.values() if row.effects)
    left_out = (f"the effects of {row.state} × {row.event}" for row in rows)
    others = other_parts(contract, "x-lifecycle")
    return View({"lifecycle.mmd": diagram(contract)}, (*left_out, *others))


def diagram(contract: Contract) -> str:
    """States as boxes, with one arrow at most from one to another; what is refused leads back."""
    lines = ("direction LR", *_lines(contract))  # from top to bottom, labels of loops lie on others
    return "\n".join(["stateDiagram-v2", *(f"    {line}" for line in lines), ""])


def _lines(contract: Contract) -> Iterator[str]:
    lifecycle = contract.lifecycle
    names = {state: f"s{place}" for place, state in enumerate(lifecycle.states)}
    for state, name in names.items():
        yield f'state "{_plain(state)}" as {name}'
    yield f"[*] --> {names[lifecycle.initial]}"
    arrows: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in lifecycle.rows.values():
        outcomes = arrows.setdefault((row.state, row.to), {})
        outcomes.setdefault(_outcome(contract, row), []).append(row.event)
    for (state, to), outcomes in arrows.items():
        lines = [_plain(", ".join(events) + outcome) for outcome, events in outcomes.items()]
        yield f"{names[state]} --> {names[to]}: {'<br/>'.join(lines)}"
    for state in contract.resource.finals:
        yield f"{names[state]} --> [*]"


def _outcome(contract: Contract, row: Transition) -> str:
    if row.refusal:
        return f" refused ({', '.join(map(str, contract.refused(row.state, row.event)))})"
    return f" ({row.reason})" if row.reason else "" if row.effects else " without effect"


def _plain(text: str) -> str:
    """A text in which nothing is of Mermaid's own grammar."""
    return re.sub(r"[^\w\s,.()-]", lambda found: f"#{ord(found[0])};", text)
