"""Clients that open sessions, speak to them and end them, as fast as they are answered."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Sequence
from typing import Any

import httpx

from tests.serving import CHATS, Api

from .story import Story, Turn

WORKERS = 6
_REST = 0.02  # seconds that a client waits after it was refused


class Load:
    """The clients of one round. `stories` is what they know; `answers` counts what they got."""

    def __init__(self, urls: Sequence[str], seed: int) -> None:
        self.urls = urls
        self.stories: list[Story] = []
        self.answers = 0
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(random.Random(seed * WORKERS + number),))
            for number in range(WORKERS)
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _work(self, dice: random.Random) -> None:
        with Api.at(dice.choice(self.urls)) as api:
            while not self._stopped.is_set():
                if not self._play(api, dice):
                    self._stopped.wait(_REST)

    def _play(self, api: Api, dice: random.Random) -> bool:
        """Play one session as far as it is answered; whether to the end."""
        agent = dice.choice(["agent-echo", "agent-closer", "agent-tools"])
        body = {"agent_id": agent, "external_id": {"n": uuid.uuid4().hex}}
        session = self._ask(api, CHATS, body)
        if session is None:
            return False
        story = Story(session)
        with self._lock:
            self.stories.append(story)
        for _ in range(dice.randint(0, 3)):
            if not self._speak(api, story, f"turn {uuid.uuid4().hex}"):
                return False
        if agent == "agent-closer":
            return self._speak(api, story, f"bye {uuid.uuid4().hex}")
        return dice.random() < 0.2 or self._end(api, story)

    def _speak(self, api: Api, story: Story, content: str) -> bool:
        turn = Turn(content, uuid.uuid4().hex)
        story.turns.append(turn)
        story.in_doubt = story.in_doubt or content.startswith("bye")
        body = {"content": content, "idempotency_key": turn.key}
        turn.answer = self._ask(api, f"{CHATS}/{story.id}/messages", body)
        return turn.answer is not None

    def _end(self, api: Api, story: Story) -> bool:
        story.in_doubt = True
        story.final = self._ask(api, f"{CHATS}/{story.id}/end", {})
        return story.final is not None

    def _ask(self, api: Api, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The answer; None when there is none, or the store is away."""
        try:
            response = api.post(path, json=body)
        except httpx.TransportError:
            return None
        if response.status_code == 503:
            return None
        answer: dict[str, Any] = response.raise_for_status().json()
        with self._lock:
            self.answers += 1
        return answer
