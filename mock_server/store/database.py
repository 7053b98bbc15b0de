"""Where the state of all sandboxes is."""

from abc import abstractmethod


class Database:
    """A database; `shared` if other mocks may work on it too, `states` what the sessions in it were
    in when it was opened."""

    shared: bool
    states: frozenset[str]

    async def start(self) -> None:
        """Be ready for the calls of the stores."""

    async def sandboxes(self) -> list[str]:
        """The names of those that hold anything, the latest active first."""
        return await self.names(
            "SELECT sandbox FROM (SELECT sandbox, max(last_activity) AS latest FROM sessions "
            "GROUP BY sandbox UNION SELECT sandbox, 0 FROM outbox) s "
            "GROUP BY sandbox ORDER BY max(latest) DESC"
        )

    async def waiting(self) -> list[str]:
        """The names of those in which a timeout or a webhook waits that other mocks leave."""
        return []

    def discard(self) -> None:
        """Let go of one that was not started."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of it."""

    @abstractmethod
    async def names(self, statement: str) -> list[str]:
        """The sandboxes that a statement names."""
