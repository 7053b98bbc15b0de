"""The mock as tools of an assistant, over the Model Context Protocol; needs the extra `mcp`."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import click
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from ..client import Client, ClientError
from ..contract.parts import each_operation, server_urls
from ..http.sandboxes import HEADER, NAME
from ..problems.nearest import did_you_mean
from ..sandbox.pool import DEFAULT
from ..version import version
from .values import iso_duration

_SHOWN = 2000  # characters of a body
_INSTRUCTIONS = """\
Steers one running mock and reads what its clients did. Begin with open_sandbox and send the header
that it gives with every request of the API. The other tools act on the sandbox that was opened
last, or on the one that they are given, and name it in their answers. Put time forward with
advance_clock instead of waiting."""


@dataclass(slots=True)
class Tools:
    """What one assistant may do; every tool is made of documented calls of the control plane."""

    client: Client
    opened: str | None = None  # the sandbox that it has opened last

    def open_sandbox(self, name: str | None = None) -> dict[str, Any]:
        """Open a sandbox: sessions, clock, journal and faults of its own. Gives the API's address
        and the header that leads requests into the sandbox, on which the other tools now act."""
        name = name or self.client.sandbox or f"mcp-{secrets.token_hex(4)}"
        if not NAME.fullmatch(name):
            raise ToolError(f"wanted 1 to 64 letters, digits, - or _, got {name!r}")
        clock = self._call(name, "GET", "/__admin/clock")
        contract = self._call(name, "GET", "/__admin/contract")
        url = self.client.url.rstrip("/")
        base = urlsplit(server_urls(contract)[0]).path.rstrip("/")
        self.opened = name
        return {
            "sandbox": name,
            "header": {HEADER: name},
            "operations": [
                f"{str(method).upper()} {url}{base}{path}: {operation['summary']}"
                for (_, path, method), operation in each_operation(contract)
            ],
            "dashboard": f"{url}/__admin/ui?sandbox={name}",
            "clock": clock,
        }

    def list_sandboxes(self) -> dict[str, Any]:
        """List the sandboxes, with how many sessions each has."""
        return {"sandbox": self._usual(), **self._call(None, "GET", "/__admin/sandboxes")}

    def show_clock(self, sandbox: str | None = None) -> dict[str, Any]:
        """Tell the time of a sandbox."""
        return self._in(sandbox, "GET", "/__admin/clock")

    def freeze_clock(
        self, instant: str | None = None, sandbox: str | None = None
    ) -> dict[str, Any]:
        """Stop time, now or at a later instant such as 2030-01-05T09:00:00Z."""
        body = {"mode": "frozen", **({"frozen_time": instant} if instant else {})}
        return self._in(sandbox, "PUT", "/__admin/clock", body)

    def advance_clock(self, by: str, sandbox: str | None = None) -> dict[str, Any]:
        """Move time forward by a span such as 30m, 1h30m or PT90S. What is due on the way happens
        and is listed as fired: sessions time out, webhooks are sent."""
        try:
            body = {"by": iso_duration(by)}
        except click.BadParameter as error:
            raise ToolError(error.message) from None
        return self._in(sandbox, "POST", "/__admin/clock/advance", body)

    def reset(self, sandbox: str | None = None) -> dict[str, Any]:
        """Start again: forget sessions, journal and faults of the sandbox, and plant its seed."""
        return self._in(sandbox, "POST", "/__admin/reset")

    def list_sessions(self, limit: int = 20, sandbox: str | None = None) -> dict[str, Any]:
        """List the sessions, the newest first, each with its state, reason and transcript."""
        state = self._in(sandbox, "GET", "/__admin/state")
        found = sorted(state["sessions"], key=lambda one: str(one["created_time"]), reverse=True)
        return {"sandbox": state["sandbox"], "total": len(found), "sessions": found[:limit]}

    def read_journal(
        self, limit: int = 20, only_violations: bool = False, sandbox: str | None = None
    ) -> dict[str, Any]:
        """List what clients asked and what was answered, the latest first, with what broke the
        contract in it; only_violations leaves out the rest."""
        asked = 1000 if only_violations else limit
        found = self._in(sandbox, "GET", "/__admin/requests", limit=asked)
        told = [_told(entry) for entry in found["requests"]]
        kept = [row for row in told if row["violations"] or not only_violations]
        return {"sandbox": found["sandbox"], "requests": kept[:limit]}

    def read_coverage(self, sandbox: str | None = None) -> dict[str, Any]:
        """Tell which operations, statuses and transitions the clients have exercised, and which
        they have not."""
        return self._in(sandbox, "GET", "/__admin/coverage")

    def _in(
        self, sandbox: str | None, method: str, path: str, body: Any = None, **query: Any
    ) -> dict[str, Any]:
        """What a call in a sandbox gives, with its name."""
        name = sandbox or self._usual()
        if sandbox or self.opened:  # a call would open an unknown one, and tell that it is empty
            known = [one["name"] for one in self.list_sandboxes()["sandboxes"]]
            if name not in known:
                cure = f"open_sandbox opens one{did_you_mean(name, known)}"
                raise ToolError(f"there is no sandbox {name!r}; {cure}")
        return {"sandbox": name, **self._call(name, method, path, body, **query)}

    def _usual(self) -> str:
        return self.opened or self.client.sandbox or DEFAULT

    def _call(
        self, sandbox: str | None, method: str, path: str, body: Any = None, **query: Any
    ) -> Any:
        try:
            return replace(self.client, sandbox=sandbox).call(method, path, body, query)
        except ClientError as error:
            raise ToolError(str(error)) from None


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    """An exchange in short."""
    asked, answered = entry["request"], entry["response"]
    return {
        "at": asked["loggedDateString"],
        "request": f"{asked['method']} {asked['url']}",
        "operation": entry["operationId"],
        "status": answered["status"],
        "violations": entry.get("violations") or _refused(answered["body"]),
        "sent": asked["body"][:_SHOWN],
        "answer": answered["body"][:_SHOWN],
    }


def _refused(body: str) -> list[Any]:
    """What broke the contract, as the mock itself has answered."""
    try:
        errors = json.loads(body)["errors"]
    except (ValueError, KeyError, TypeError):
        return []
    return list(errors)


def make_server(client: Client) -> MCPServer:
    """The tools as a server, which may speak by any way of the protocol."""
    tools = Tools(client)
    server = MCPServer(
        "adjourn-mock", instructions=_INSTRUCTIONS, version=version(), log_level="WARNING"
    )
    looks = (tools.list_sandboxes, tools.show_clock, tools.list_sessions)
    reads: tuple[Callable[..., Any], ...] = (*looks, tools.read_journal, tools.read_coverage)
    steers = (tools.open_sandbox, tools.freeze_clock, tools.advance_clock)
    writes: tuple[Callable[..., Any], ...] = (*steers, tools.reset)
    for tool in reads:
        server.add_tool(tool, annotations=ToolAnnotations(read_only_hint=True))
    for tool in writes:
        hint = ToolAnnotations(read_only_hint=False, destructive_hint=tool == tools.reset)
        server.add_tool(tool, annotations=hint)
    return server
