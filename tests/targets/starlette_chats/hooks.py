"""The completion webhook: sent once, and again after 5xx, a time-out or a lost connection."""

import asyncio
import json
from typing import Any

import httpx

Doc = dict[str, Any]
PAUSES = (0.2, 0.4, 0.8)
JSON = {"Content-Type": "application/json"}


class Courier:
    """Carries payloads to one URL, each in a task of its own."""

    def __init__(self, url: str | None, timeout: float) -> None:
        self.url = url
        self.timeout = timeout
        self.tasks: set[asyncio.Task[None]] = set()

    def announce(self, session: Doc, row: Doc) -> None:
        """Send the payload of a finished session, if anybody listens."""
        if self.url is None:
            return
        task = asyncio.get_running_loop().create_task(self.deliver(self.payload(session, row)))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def payload(self, session: Doc, row: Doc) -> Doc:
        """The row as a webhook says it."""
        shown = {name: value for name, value in row["shown"].items() if name != "callStatus"}
        return {"type": "CompletedWebHookPayload", "status": "Completed", "sip": None} | shown

    async def deliver(self, payload: Doc) -> None:
        """Send until it is taken or refused, or the pauses are used up."""
        for pause in (*PAUSES, None):
            if not self.again(await self.send(payload)) or pause is None:
                return
            await asyncio.sleep(pause)

    def again(self, status: int | None) -> bool:
        """Whether an answer, None for no answer, asks for another delivery."""
        return status is None or status >= 500

    async def send(self, payload: Doc) -> int | None:
        """The receiver's status; None when there was no answer in time."""
        try:
            async with httpx.AsyncClient(timeout=self.timeout, trust_env=False) as client:
                answer = await client.post(
                    self.url or "", content=json.dumps(payload), headers=JSON
                )
        except httpx.HTTPError:
            return None
        return answer.status_code
