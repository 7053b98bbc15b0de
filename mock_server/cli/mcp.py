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
from ..version import version
from .values import iso_duration

_SHOWN = 2000  # characters of a body
_INSTRUCTIONS = """\
Steers one running mock and reads what its clients did. Begin with open_sandbox and send the header
that it gives with every request of the API; pass its name to the other tools. Put time forward with
advance_clock instead of waiting."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What an assistant may do; every tool is made of documented calls of the control plane."""

    client: Client

    def open_sandbox(self, name: str | None = None) -> dict[str, Any]:
        """Open a sandbox: sessions, clock, journal and faults of its own. Gives the API's address
        and the header that leads requests into the sandbox."""
        name = name or self.client.sandbox or f"mcp-{secrets.token_hex(4)}"
        clock = self._call(name, "GET", "/__admin/clock")
        contract = self._call(name, "GET", "/__admin/contract")
        url = self.client.url.rstrip("/")
        base = urlsplit(server_urls(contract)[0]).path.rstrip("/")
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
        return dict(self._call(None, "GET", "/__admin/sandboxes"))

    def show_clock(self, sandbox: str | None = None) -> dict[str, Any]:
        """Tell the time of a sandbox."""
        return dict(self._call(sandbox, "GET", "/__admin/clock"))

    def freeze_clock(
        self, instant: str | None = None, sandbox: str | None = None
    ) -> dict[str, Any]:
        """Stop time, now or at a later instant such as 2030-01-05T09:00:00Z."""
        body = {"mode": "frozen", **({"frozen_time": instant} if instant else {})}
        return dict(self._call(sandbox, "PUT", "/__admin/clock", body))

    def advance_clock(self, by: str, sandbox: str | None = None) -> dict[str, Any]:
        """Move time forward by a span such as 30m, 1h30m or PT90S. What is due on the way happens
        and is listed as fired: sessions time out, webhooks are sent."""
        try:
            body = {"by": iso_duration(by)}
        except click.BadParameter as error:
            raise ToolError(error.message) from None
        return dict(self._call(sandbox, "POST", "/__admin/clock/advance", body))

    def reset(self, sandbox: str | None = None) -> dict[str, Any]:
        """Start again: forget sessions, journal and faults of the sandbox, and plant its seed."""
        return dict(self._call(sandbox, "POST", "/__admin/reset"))

    def list_sessions(self, limit: int = 20, sandbox: str | None = None) -> dict[str, Any]:
        """List the sessions, the newest first, each with its state, reason and transcript."""
        found = self._call(sandbox, "GET", "/__admin/state")["sessions"]
        newest = sorted(found, key=lambda session: str(session["created_time"]), reverse=True)
        return {"total": len(newest), "sessions": newest[:limit]}

    def read_journal(
        self, limit: int = 20, only_violations: bool = False, sandbox: str | None = None
    ) -> dict[str, Any]:
        """List what clients asked and what was answered, the latest first, with what broke the
        contract in it; only_violations leaves out the rest."""
        asked = 1000 if only_violations else limit
        found = self._call(sandbox, "GET", "/__admin/requests", limit=asked)["requests"]
        told = [_told(entry) for entry in found]
        kept = [row for row in told if row["violations"] or not only_violations]
        return {"requests": kept[:limit]}

    def read_coverage(self, sandbox: str | None = None) -> dict[str, Any]:
        """Tell which operations, statuses and transitions the clients have exercised, and which
        they have not."""
        return dict(self._call(sandbox, "GET", "/__admin/coverage"))

    def _call(
        self, sandbox: str | None, method: str, path: str, body: Any = None, **query: Any
    ) -> Any:
        if sandbox is not None and not NAME.fullmatch(sandbox):
            raise ToolError(f"wanted 1 to 64 letters, digits, - or _, got {sandbox!r}")
        client = replace(self.client, sandbox=sandbox or self.client.sandbox)
        try:
            return client.call(method, path, body, query)
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
