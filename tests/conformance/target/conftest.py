"""A target without a network."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.judging.evidence import Evidence
from conformance.registry import watch_of
from conformance.target.api import Api
from conformance.target.client import Client

Answer = Callable[[httpx.Request], httpx.Response]
Make = Callable[..., Any]


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were asked for; none is taken."""
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("no answer")


@pytest.fixture
def connect(contract: Contract) -> Callable[..., Api]:
    """A view of a target that answers as this function does."""

    def make(answer: Answer, **settings: Any) -> Api:
        given = {"agent": "agent-echo", "max_sessions": 9, "max_turns": 9, "token": "hunter2"}
        config = Config(target="http://target.test/base/", **{**given, **settings})
        client = Client(config, watch_of(contract), Evidence())
        client.http = httpx.Client(transport=httpx.MockTransport(answer))
        return Api(client, "conf-test", "check")

    return make


def failing(session: Make, *statuses: int, **headers: str) -> Answer:
    """A target that answers with these statuses first."""
    left = list(statuses)

    def answer(request: httpx.Request) -> httpx.Response:
        if left:
            return httpx.Response(left.pop(0), headers=headers)
        return httpx.Response(200, json=session())

    return answer
