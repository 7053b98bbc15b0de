"""What watches every exchange."""

from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract.document import Contract
from conformance.judging.exchange import Exchange
from conformance.judging.watch import Watch
from conformance.registry import watch_of

Make = Callable[..., Any]


@pytest.fixture
def watch(contract: Contract) -> Watch:
    return watch_of(contract)


@pytest.fixture
def violated(watch: Watch) -> Callable[..., set[str]]:
    """The rules that these exchanges break."""

    def look(*exchanges: Exchange) -> set[str]:
        return {rule for made in exchanges for rule, why in watch.judge(made) if why}

    return look
