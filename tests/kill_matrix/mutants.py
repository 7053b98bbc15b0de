"""A mutant: the rule that must catch it, what is wrong with it, and the patch that makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .patch import Patch

Plant = Callable[[Patch], None]


@dataclass(frozen=True)
class Mutant:
    """One faulty mock. `plant` patches the mock of the process that it is called in; `waits`
    says that its run waits long for what does not come."""

    name: str
    rule: str
    text: str
    plant: Plant
    waits: bool = False


MUTANTS: dict[str, Mutant] = {}


def mutant(rule: str, text: str, *, waits: bool = False) -> Callable[[Plant], Plant]:
    """Declare the function to be the patch of a mutant, named after it."""

    def declare(plant: Plant) -> Plant:
        name = plant.__name__.replace("_", "-")
        if name in MUTANTS:
            raise ValueError(f"a mutant is named {name} already; choose another name")
        MUTANTS[name] = Mutant(name, rule, text, plant, waits)
        return plant

    return declare
