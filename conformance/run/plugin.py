"""pytest's side of a run: which functions are checks, and what each one is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from ..checks.timeouts import Timeouts
from ..contract.document import Contract
from ..registry import Check
from ..target.api import Api
from ..target.listener import Listener

if TYPE_CHECKING:
    from ..generated.requests import Generation


class Judge(Protocol):
    """The run that the plugin serves."""

    contract: Contract
    checks: dict[str, Check]
    timeouts: Timeouts | None
    listener: Listener | None

    def api(self, check: str) -> Api: ...

    def evaluate(self, check: Check, api: Api, given: dict[str, Any]) -> None: ...


class Plugin:
    def __init__(self, run: Judge) -> None:
        self.run = run

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the selected checks that send requests, in the contract's order."""
        order = {rule: place for place, rule in enumerate(self.run.contract.rules)}
        # What waits for a timeout is looked at last.
        order |= {id: len(order) for id, c in self.run.checks.items() if c.pack == "ttl"}
        wanted = self.run.checks
        items[:] = sorted(
            (item for item in items if _is_selected(item, wanted)),
            key=lambda item: order[_check(item).rule],
        )

    @pytest.fixture
    def api(self, request: pytest.FixtureRequest) -> Api:
        return self.run.api(request.function.__name__)

    @pytest.fixture
    def timeouts(self) -> Timeouts | None:
        return self.run.timeouts

    @pytest.fixture
    def listener(self) -> Listener | None:
        return self.run.listener

    @pytest.fixture(scope="session")
    def generation(self) -> Generation:
        from ..generated.requests import Generation  # slow to import, used by one pack

        return Generation(self.run.api("generation"))

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        names = pyfuncitem._fixtureinfo.argnames
        given: dict[str, Any] = {name: pyfuncitem.funcargs[name] for name in names}
        self.run.evaluate(_check(pyfuncitem), given["api"], given)
        return True


def _check(item: pytest.Item) -> Check:
    """The check that a collected function is; `rule` has put it there."""
    check: Check = item.function.check  # type: ignore[attr-defined]
    return check


def _is_selected(item: pytest.Item, wanted: dict[str, Check]) -> bool:
    function = item.function  # type: ignore[attr-defined]
    return hasattr(function, "check") and function.check.rule in wanted
