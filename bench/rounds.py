"""What is measured: starts, and rounds of the same three loads."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import repeat
from statistics import median

from bench.client import Load, LoadError, request, send
from bench.servers import Server, ServerError, running

__all__ = ["OPERATIONS", "Figures", "measure"]

OPERATIONS = ("open", "retrieve", "end")
CHATS = "/api/v1/chats"
OPEN = request("POST", CHATS, b'{"agent_id":"agent-echo"}')
HELLO = b'{"content":"Hello"}'
WARM_UP_SECONDS = 1.0


@dataclass
class Figures:
    """One server's seconds to the first answer, its rates, and the client's busiest load."""

    starts: list[float] = field(default_factory=list)
    rates: dict[str, list[float]] = field(default_factory=lambda: {o: [] for o in OPERATIONS})
    client_busy: float = 0.0

    @property
    def start(self) -> float:
        """Median seconds from process start to the first answer."""
        return median(self.starts)

    def rate(self, operation: str) -> float:
        """Median answers a second."""
        return median(self.rates[operation])

    def add(self, loads: dict[str, Load]) -> None:
        """Take in one round."""
        for operation, load in loads.items():
            self.rates[operation].append(load.rate)
            self.client_busy = max(self.client_busy, load.busy)


def measure(
    servers: tuple[Server, Server], starts: int, rounds: int, seconds: float
) -> dict[str, Figures]:
    """Each server's figures by name. Raises ServerError; every server is stopped at the end."""
    figures = {server.name: Figures() for server in servers}
    for number in range(starts + 1):
        for server in servers:
            with running(server) as (_, took):
                # The first start fills the disk cache and compiles bytecode.
                if number:
                    figures[server.name].starts.append(took)
    with ExitStack() as stack:
        ports = {s.name: stack.enter_context(running(s))[0] for s in servers}
        for name, port in ports.items():
            _round(name, port, WARM_UP_SECONDS)
        for _ in range(rounds):
            for name, port in ports.items():
                figures[name].add(_round(name, port, seconds))
    return figures


def _round(name: str, port: int, seconds: float) -> dict[str, Load]:
    try:
        opened = send(port, repeat(OPEN), seconds)
        paths = [f"{CHATS}/{json.loads(body)['id']}" for body in opened.bodies]
        # The session that is retrieved has one turn, as the contract's example has.
        send(port, [request("POST", f"{paths[0]}/messages", HELLO)], seconds)
        retrieved = send(port, repeat(request("GET", paths[0])), seconds)
        ended = send(port, [request("POST", f"{path}/end") for path in paths], seconds)
    except LoadError as error:
        raise ServerError(f"{name} {error}") from None
    return {"open": opened, "retrieve": retrieved, "end": ended}
