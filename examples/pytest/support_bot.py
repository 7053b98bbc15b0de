"""The app under test: a small support bot on top of the Chats API."""

from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class SupportBot:
    """Talks to one customer; a lost reply is asked for again under the same key."""

    api: httpx.Client
    session: str = ""
    turns: int = 0
    transcript: list[str] = field(default_factory=list)

    def greet(self, agent: str, customer: str) -> None:
        """Open the session."""
        data = {"agent_id": agent, "additional_data": {"customer": customer}, "ttl_seconds": 600}
        self.session = self._post("/api/v1/chats", data)["id"]

    def say(self, text: str) -> str:
        """One turn; the agent's reply."""
        self.turns += 1
        turn = {"content": text, "idempotency_key": f"turn-{self.turns}"}
        reply = str(self._post(f"{self._path}/messages", turn)["messages"][-1]["content"])
        self.transcript += [text, reply]
        return reply

    def close(self) -> str:
        """End the session; the reason that it ended for."""
        return str(self._post(f"{self._path}/end", {})["final_reason"])

    def is_over(self) -> bool:
        """Whether the session is final."""
        return bool(self.api.get(self._path).raise_for_status().json()["is_final"])

    @property
    def _path(self) -> str:
        return f"/api/v1/chats/{self.session}"

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        for attempt in range(3):
            try:
                return self.api.post(path, json=body).raise_for_status().json()
            except httpx.TransportError:
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")
