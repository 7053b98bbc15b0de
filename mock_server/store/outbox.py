"""The outbox of a sandbox, as every store keeps it: the webhooks that wait, and the log of all."""

from collections.abc import Mapping
from typing import Any, ClassVar

from ..codec import decode
from ..domain.records import Delivery, LoggedDelivery
from ..large import beside
from .rows import delivery_of, dump, logged_of, webhook_row
from .tables import Tables, Transaction

_THIS = "sandbox = :sandbox AND serial = :serial"
_LOG = (
    "SELECT * FROM outbox WHERE sandbox = :sandbox "
    "AND session_id = coalesce(CAST(:session_id AS TEXT), session_id) "
    "ORDER BY serial DESC LIMIT :limit"
)
_DELIVERIES_KEPT = 1_000
_ATTEMPTS_KEPT = 50


class Outbox:
    """The webhooks of one sandbox."""

    # In words of the database: which of them wait and nobody sends, how one is let go of, and how
    # its row is kept for a transaction alone.
    waiting: ClassVar[str] = "sandbox = :sandbox AND due IS NOT NULL"
    released: ClassVar[str] = ""
    locked: ClassVar[str] = ""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    async def deliveries(self) -> list[Delivery]:
        """The webhooks that wait and that nobody is sending, in the order of their due times."""
        rows = await self.tables.rows(
            f"SELECT * FROM outbox WHERE {self.waiting} ORDER BY due, serial LIMIT 1000"
        )
        return [delivery_of(row) for row in rows]

    async def next_due(self) -> int | None:
        """The earliest instant at which a webhook is due that nobody is sending."""
        statement = f"SELECT min(due) AS value FROM outbox WHERE {self.waiting}"
        due: int | None = await self.tables.value(statement)
        return due

    async def claim(self, delivery: Delivery, seconds: float) -> bool:
        """Keep other mocks from sending a webhook, for so long; False if one was faster."""
        return True

    async def delivered(
        self,
        serial: int,
        outcome: str,
        retry_at: int | None,
        attempt: Mapping[str, Any] | None = None,
    ) -> None:
        """Record an attempt at a webhook; `retry_at` None for the last one."""
        async with self.tables.transaction() as statements:
            await self._record(statements, serial, outcome, retry_at, attempt or {})
            await statements.run(
                "DELETE FROM outbox WHERE serial <= :last AND sandbox = :sandbox AND due IS NULL",
                last=serial - _DELIVERIES_KEPT,
            )

    async def enqueue(
        self, session_id: str, url: str, headers: Mapping[str, str], payload: Any, due: int
    ) -> int:
        """Put a webhook into the outbox and give its serial."""
        row = webhook_row(session_id, url, headers, payload, due)
        return await self.tables.insert_numbered("outbox", row)

    async def postpone(self, serial: int, due: int) -> None:
        """Set the due time of a webhook that waits."""
        statement = f"UPDATE outbox SET due = :due{self.released} WHERE {_THIS}"
        await self.tables.run(f"{statement} AND due IS NOT NULL", serial=serial, due=due)

    async def redeliver(self, serial: int, due: int) -> None:
        """Send a webhook again, as if for the first time."""
        await self.tables.run(
            "UPDATE outbox SET due = :due, attempts = 0, outcome = 'pending'"
            f"{self.released} WHERE {_THIS}",
            serial=serial, due=due,
        )  # fmt: skip

    async def delivery(self, serial: int) -> LoggedDelivery | None:
        row = await self.tables.row(f"SELECT * FROM outbox WHERE {_THIS}", serial=serial)
        return None if row is None else logged_of(row)

    async def log(self, session_id: str | None, limit: int) -> list[LoggedDelivery]:
        """The latest webhooks, of one session or of all, the newest first."""
        rows = await self.tables.read(
            lambda statements: statements.rows(_LOG, session_id=session_id, limit=limit)
        )
        size = sum(len(row["payload"]) + len(row["log"]) for row in rows)
        return await beside(size, lambda: [*map(logged_of, rows)])

    async def _record(
        self,
        statements: Transaction,
        serial: int,
        outcome: str,
        retry_at: int | None,
        attempt: Mapping[str, Any],
    ) -> None:
        statement = f"SELECT log FROM outbox WHERE {_THIS}{self.locked}"
        row = await statements.row(statement, serial=serial)
        if row is not None:
            kept = [*decode(row["log"]), attempt][-_ATTEMPTS_KEPT:]
            await statements.run(
                "UPDATE outbox SET attempts = attempts + 1, outcome = :outcome, due = :retry_at, "
                f"log = :log{self.released} WHERE {_THIS}",
                serial=serial, outcome=outcome, retry_at=retry_at, log=dump(kept),
            )  # fmt: skip
