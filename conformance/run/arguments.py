"""What a check is given, by the names of its parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..checks.timeouts import Timeouts
from ..registry import Check
from ..target.api import Api
from ..target.listener import Listener

if TYPE_CHECKING:
    from ..generated.requests import Generation


class Arguments:
    """Makes the arguments of each check of one run. `api` makes a view for a check's name."""

    def __init__(self, api: Callable[[str], Api], listener: Listener | None) -> None:
        self.api = api
        self.listener = listener
        self.timeouts: Timeouts | None = None  # opened before all else by the run

    @cached_property
    def generation(self) -> Generation:
        """The generated requests, which several checks judge and only the first sends."""
        from ..generated.requests import Generation  # slow to import, used by one pack

        return Generation(self.api("generation"))

    def of(self, check: Check) -> dict[str, Any]:
        """Arguments for one evaluation: its `api` is a fresh view of the target."""
        api = self.api(check.name)
        of_check = {"api": api, "rule": api.contract.rules.get(check.rule)}
        names = inspect.signature(check.function).parameters
        return {name: of_check[name] if name in of_check else getattr(self, name) for name in names}
