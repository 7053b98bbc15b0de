"""An assistant that has one of the two programs as its tools, by the protocol's own client."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp import Client

ROOT = Path(__file__).parents[1]


class Refused(Exception):
    """What a tool has refused; the message is all that an assistant is told."""


@dataclass
class Assistant:
    """Calls tools; each gives what an assistant gets to read."""

    client: Client

    async def __call__(self, tool: str, /, **given: Any) -> Any:
        answer = await self.client.call_tool(tool, given)
        text = "".join(part.text for part in answer.content if part.type == "text")
        if answer.is_error:
            raise Refused(text.removeprefix(f"Error executing tool {tool}: "))
        if answer.structured_content is None:
            return json.loads(text)
        found = answer.structured_content
        return found["result"] if found.keys() == {"result"} else found

    async def tools(self) -> dict[str, Any]:
        """Each tool by its name."""
        return {tool.name: tool for tool in (await self.client.list_tools()).tools}

    async def refusal(self, tool: str, /, **given: Any) -> str:
        """Why a tool refuses this."""
        try:
            answered = await self(tool, **given)
        except Refused as refused:
            return str(refused)
        raise AssertionError(f"{tool} answered {answered}")


Work = Callable[[Assistant], Awaitable[None]]


def assist(work: Work, module: str, *options: str, **environment: str) -> None:
    """Do the work as an assistant of `python -m MODULE mcp`, and leave."""
    from mcp import StdioServerParameters, stdio_client  # slow: where it is needed alone

    own = {"PYTHONPATH": str(ROOT), "TESTS_OF": os.environ["TESTS_OF"]}
    command = ["-m", module, "mcp", *options]
    server = StdioServerParameters(command=sys.executable, args=command, env=own | environment)
    assist_by(work, stdio_client(server))


def assist_by(work: Work, way: Any) -> None:
    """Do the work by a way to a server, or with a server of this process."""
    from mcp import Client

    async def whole() -> None:
        async with Client(way) as client:
            await work(Assistant(client))

    asyncio.run(whole())
