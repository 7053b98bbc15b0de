"""What a fault is: one method of the server replaced by one that breaks a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, update_wrapper
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .site import Site

Deviation = Callable[..., Any]


@dataclass(frozen=True)
class Fault:
    """A deviation from rules of the contract, the one that it breaks most plainly first.

    `where` names the method, such as `desk.finish`. `deviation` is called in its place with
    the site, the real method and the arguments.
    """

    rules: tuple[str, ...]
    sentence: str
    where: str
    deviation: Deviation

    def apply(self, site: Site) -> None:
        """Put the deviation in the place of the method."""
        path, _, name = self.where.rpartition(".")
        owner = attrgetter(path)(site)
        real = getattr(owner, name)
        setattr(owner, name, update_wrapper(partial(self.deviation, site, real), real))


def fault(rules: str, sentence: str, where: str, deviation: Deviation) -> Fault:
    """A fault, its rules given as one text."""
    return Fault(tuple(rules.split()), sentence, where, deviation)
