"""A target without a network, and the way to one over real sockets."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.judging.evidence import Evidence
from conformance.registry import watch_of
from conformance.target.api import Api
from conformance.target.client import Client
from conformance.target.listener import Listener
from tests.network import Authority, answering_tls

from .servers import page

Answer = Callable[[httpx.Request], httpx.Response]
Make = Callable[..., Any]


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were asked for; none is taken, and nothing else takes time."""
    taken: list[float] = []
    begun = time.monotonic()
    monkeypatch.setattr(time, "sleep", taken.append)
    monkeypatch.setattr(time, "monotonic", lambda: begun + sum(taken))
    return taken


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("no answer")


@pytest.fixture
def connect(contract: Contract) -> Callable[..., Api]:
    """A view of a target that answers as this function does."""

    def make(answer: Answer, of: Contract = contract, **settings: Any) -> Api:
        given = {"agent": "agent-echo", "max_sessions": 9, "max_turns": 9, "token": "hunter2"}
        config = Config(target="http://target.test/base/", **{**given, **settings})
        client = Client(config, watch_of(of), Evidence())
        client.http = httpx.Client(transport=httpx.MockTransport(answer))
        return Api(client, "conf-test", "check")

    return make


def begin(api: Api) -> None:
    """Watch over a target that was seen to be well."""
    looking = api.fresh()
    looking.judged = False
    api.client.health.begin(looking.look, looking.get)


@pytest.fixture
def reach(contract: Contract) -> Iterator[Make]:
    """Ask a target for its sessions; gives the status."""
    clients: list[Client] = []

    def status(target: str, **settings: Any) -> int:
        config = Config(target=target, **{"timeout": 20.0, "max_requests": 9, **settings})
        clients.append(Client(config, watch_of(contract), Evidence()))
        return Api(clients[-1], "conf-test").list().status

    yield status
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def secure(authority: Authority) -> Iterator[str]:
    with answering_tls(page(), authority.issue("localhost")) as url:
        yield url


def failing(session: Make, *statuses: int, **headers: str) -> Answer:
    """A target that answers with these statuses first."""
    left = list(statuses)

    def answer(request: httpx.Request) -> httpx.Response:
        if left:
            return httpx.Response(left.pop(0), headers=headers)
        return httpx.Response(200, json=session())

    return answer


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Where webhooks come in."""
    made = Listener("127.0.0.1:0")
    yield made
    made.close()
