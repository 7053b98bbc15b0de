"""What is wrong with a contract, so that mock and suite do not carry it out."""

from collections.abc import Iterator
from typing import Any

from .consistency import contradictions
from .declaration import repeated_names
from .definition import Definition
from .references import Document
from .samples import Samples
from .words import Defect


def defects(document: Document) -> list[Defect]:
    """What is wrong with a contract, in the order in which it was written; only the first kind
    of things that are, since others may follow from them."""
    for stage in _stages(document.value, Definition()):
        if found := sorted(stage, key=document.order):
            return found
    return []


def _stages(value: Any, definition: Definition) -> Iterator[Iterator[Defect]]:
    """What can be wrong, each kind where nothing is wrong before it."""
    yield definition.ill_formed(value)
    yield repeated_names(value)
    yield definition.not_executed(value)
    yield contradictions(value)
    yield definition.absent(value)
    samples = Samples(value, definition.samples(value))
    yield samples.unfit_examples()
    yield samples.unserved()
