"""A mock in a process of its own and handles on its sandboxes, for tests in Python."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from .addresses import base_fault
from .client import KEY, Client, ClientError
from .outgoing.clients import Outgoing
from .settings import Settings

_SECONDS = 30
_SINK = "webhooks"
_SEED = 1


@dataclass(frozen=True, slots=True)
class RunningMock:
    """Where a mock answers, and how it is reached; `token` is that of its control plane."""

    url: str
    token: str | None = None
    outgoing: Outgoing = field(default_factory=Outgoing)


class Sandbox:
    """One sandbox of a mock. Calls are in it that carry `headers`."""

    def __init__(self, mock: RunningMock, name: str, client: httpx.Client) -> None:
        self.url = mock.url
        self.name = name
        self.headers = {"X-Mock-Sandbox": name}
        self._client = client
        self.clock = SandboxClock(self)
        self.webhooks = Webhooks(self)
        self.agents = Agents(self)

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control plane, such as `admin("POST", "/faults", {...})`; its answer.

        Raises AssertionError, with what the mock says, when it refuses.
        """
        response = self._client.request(method, f"/__admin{path}", json=body)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def coverage(self) -> Any:
        """What has been exercised in it."""
        return self.admin("GET", "/coverage")

    def wait_for(self, match: Mapping[str, Any], count: int = 1, seconds: float = 5.0) -> Any:
        """The first events that match, as soon as there are so many."""
        wanted = {"match": match, "count": count, "timeout_ms": round(seconds * 1000)}
        return self.admin("POST", "/events/wait-for", wanted)["events"]


class SandboxClock:
    """The clock of a sandbox; instants as RFC 3339 text, spans as ISO 8601 durations."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def now(self) -> str:
        """The present instant."""
        return str(self._sandbox.admin("GET", "/clock")["now"])

    def freeze(self, at: str | None = None) -> None:
        """Stop time, at an instant or where it is."""
        wanted = {"mode": "frozen"} if at is None else {"mode": "frozen", "frozen_time": at}
        self._sandbox.admin("PUT", "/clock", wanted)

    def advance(self, by: str) -> Any:
        """Move time forward, such as by "PT30M"; what happened on the way, in order."""
        return self._sandbox.admin("POST", "/clock/advance", {"by": by})["fired"]


class Webhooks:
    """The webhooks of a sandbox. Those that name no target of their own come in here."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.url = f"{sandbox.url}/__admin/sink/{_SINK}"

    def received(self) -> list[Any]:
        """What came in, the oldest first, each with `headers` and `body`."""
        received: list[Any] = self._sandbox.admin("GET", f"/sink/{_SINK}")["received"]
        return received

    def wait_for(self, count: int = 1, seconds: float = 5.0) -> list[Any]:
        """The same, as soon as so many deliveries have succeeded."""
        self._sandbox.wait_for({"type": "delivery.succeeded"}, count, seconds)
        return self.received()

    def deliveries(self) -> list[Any]:
        """The log, the newest first, each with its attempts."""
        log: list[Any] = self._sandbox.admin("GET", "/webhooks/deliveries")["deliveries"]
        return log

    def trigger(self, **payload: Any) -> Any:
        """Send a webhook without a session, with these members of its payload."""
        wanted = {"url": self.url, "payload": payload}
        return self._sandbox.admin("POST", "/webhooks/trigger", wanted)

    def redeliver(self, delivery_id: str) -> Any:
        """Send a delivery again."""
        return self._sandbox.admin("POST", f"/webhooks/deliveries/{delivery_id}/redeliver")


class Agents:
    """The agents of a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def add(self, agent_id: str, *script: str | Mapping[str, Any], **members: Any) -> str:
        """Add an agent that gives these replies in turn, and give its id.

        A step is a text or, as in a fixture, an object; `members` are others of a fixture.
        """
        steps = [{"reply": step} if isinstance(step, str) else dict(step) for step in script]
        agent = {"script": steps or [{"reply": ""}], **members}
        self._sandbox.admin("POST", "/seed", {"agents": {agent_id: agent}})
        return agent_id


@contextmanager
def open_sandbox(mock: RunningMock, label: str) -> Iterator[Sandbox]:
    """A sandbox named after a label, empty at first and gone afterwards."""
    name = _name(label)
    with mock.outgoing.client(mock.url, _SECONDS) as client:
        client.base_url = httpx.URL(mock.url)
        client.headers["X-Mock-Sandbox"] = name
        if mock.token:
            client.headers["Authorization"] = f"Bearer {mock.token}"
        sandbox = Sandbox(mock, name, client)
        sandbox.admin("POST", "/reset")
        sandbox.admin("PUT", "/webhooks/target", {"url": sandbox.webhooks.url})
        try:
            yield sandbox
        finally:
            sandbox.admin("DELETE", f"/sandboxes/{name}")


def attached_mock(url: str, token: str | None = None, **outgoing: Any) -> RunningMock:
    """The mock at a URL; `token` is that of its control plane, if it has one.

    `outgoing` are `ca`, `client_cert`, `insecure`, `proxy`, `no_proxy`, `http2` and `header`, a
    list, as the options of the command are called. Raises ValueError, in one line, when no mock
    answers there.
    """
    if fault := base_fault(url, KEY):
        raise ValueError(fault)
    mock = RunningMock(url.rstrip("/"), token, Outgoing.of(url, key=KEY, **outgoing))
    try:
        Client(mock.url, token, outgoing=mock.outgoing).call("GET", "/__admin/health")
    except ClientError as error:
        raise ValueError(str(error)) from None
    return mock


@contextmanager
def running_mock(**settings: Any) -> Iterator[RunningMock]:
    """A mock on a free port, in a process of its own. `settings` are those of `Settings`.

    It is seeded, so ids are the same in each sandbox. Raises ValueError when it cannot start.
    """
    from .serve.process import mock_process

    with mock_process(Settings(**{"seed_number": _SEED, **settings})) as url:
        yield RunningMock(url, settings.get("admin_token"))


def _name(label: str) -> str:
    """A sandbox's name for a label: what can be read of it, and a digest that tells it apart."""
    words: Sequence[str] = re.findall(r"[A-Za-z0-9_-]+", label)
    digest = hashlib.sha256(label.encode()).hexdigest()[:8]
    return f"{'-'.join(words)[-55:]}-{digest}"
