"""The sweeper: expires the sessions of a sandbox when their timeouts have passed."""

import asyncio
from contextlib import suppress

from ..domain.chats import Chats
from ..problems.kinds import Refusal


class Sweeper:
    """Wakes when the next session is due. It waits while somebody holds `moving`."""

    def __init__(self, chats: Chats, moving: asyncio.Lock) -> None:
        self.chats = chats
        self.moving = moving
        self._news = asyncio.Event()
        self._wakes: int | None = None

    def note(self, expires: int) -> None:
        """Take note of a timeout, which may come before the one that it waits for."""
        if self._wakes is None or expires < self._wakes:
            self._news.set()

    def look_again(self) -> None:
        """Wake up: the store may hold what it does not know of."""
        self._news.set()

    async def run(self) -> None:
        clock, sessions = self.chats.clock, self.chats.sessions
        while True:
            self._news.clear()
            self._wakes = None
            async with self.moving:
                await self.once()
            self._wakes = await sessions.next_expiry()
            await clock.wait(self._news, None if self._wakes is None else self._wakes + 1)

    async def once(self) -> None:
        """Expire every session whose timeout has passed."""
        now, sessions = self.chats.clock.now(), self.chats.sessions
        while overdue := await sessions.overdue(now):
            async with sessions.together():
                for session in overdue:
                    with suppress(Refusal):  # another mock has forgotten it meanwhile
                        await self.chats.expire(session, now)
            await asyncio.sleep(0)  # requests have their turn between two batches
