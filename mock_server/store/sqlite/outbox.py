"""The outbox of the embedded store: the webhooks that wait, and the log of all."""

from collections.abc import Mapping
from typing import Any

from ...domain.records import Delivery, LoggedDelivery
from ..rows import ATTEMPTS_KEPT, DELIVERIES_KEPT, delivery_of, dump, logged_of, webhook_row
from .tables import Tables


class SqliteOutbox:
    """The webhooks of one sandbox."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    async def deliveries(self) -> list[Delivery]:
        await self.tables.free()
        rows = self.tables.rows(
            "SELECT * FROM outbox WHERE sandbox = :sandbox AND due IS NOT NULL "
            "ORDER BY due, serial LIMIT 1000"
        )
        return [delivery_of(row) for row in rows]

    async def next_due(self) -> int | None:
        await self.tables.free()
        due: int | None = self.tables.value(
            "SELECT min(due) FROM outbox WHERE sandbox = :sandbox AND due IS NOT NULL"
        )
        return due

    async def claim(self, delivery: Delivery, seconds: float) -> bool:
        await self.tables.free()
        return True

    async def delivered(
        self,
        serial: int,
        outcome: str,
        retry_at: int | None,
        attempt: Mapping[str, Any] | None = None,
    ) -> None:
        await self.tables.free()
        with self.tables.transaction():
            self.tables.run(
                "UPDATE outbox SET attempts = attempts + 1, outcome = :outcome, due = :retry_at, "
                f"log = json_insert(CASE WHEN json_array_length(log) < {ATTEMPTS_KEPT} THEN log "
                "ELSE json_remove(log, '$[0]') END, '$[#]', json(:attempt)) "
                "WHERE sandbox = :sandbox AND serial = :serial",
                serial=serial, outcome=outcome, retry_at=retry_at, attempt=dump(attempt or {}),
            )  # fmt: skip
            self.tables.run(
                "DELETE FROM outbox WHERE serial <= :last AND sandbox = :sandbox AND due IS NULL",
                last=serial - DELIVERIES_KEPT,
            )

    async def enqueue(
        self, session_id: str, url: str, headers: Mapping[str, str], payload: Any, due: int
    ) -> int:
        await self.tables.free()
        return self.put(webhook_row(session_id, url, headers, payload, due))

    async def postpone(self, serial: int, due: int) -> None:
        await self.tables.free()
        self.tables.run(
            "UPDATE outbox SET due = :due "
            "WHERE sandbox = :sandbox AND serial = :serial AND due IS NOT NULL",
            serial=serial, due=due,
        )  # fmt: skip

    async def redeliver(self, serial: int, due: int) -> None:
        await self.tables.free()
        self.tables.run(
            "UPDATE outbox SET due = :due, attempts = 0, outcome = 'pending' "
            "WHERE sandbox = :sandbox AND serial = :serial",
            serial=serial, due=due,
        )  # fmt: skip

    async def delivery(self, serial: int) -> LoggedDelivery | None:
        await self.tables.free()
        statement = "SELECT * FROM outbox WHERE sandbox = :sandbox AND serial = :serial"
        row = self.tables.row(statement, serial=serial)
        return None if row is None else logged_of(row)

    async def log(self, session_id: str | None, limit: int) -> list[LoggedDelivery]:
        return await self.tables.read(lambda: self._log(session_id, limit))

    def _log(self, session_id: str | None, limit: int) -> list[LoggedDelivery]:
        rows = self.tables.rows(
            "SELECT * FROM outbox WHERE sandbox = :sandbox "
            "AND session_id = coalesce(:session_id, session_id) ORDER BY serial DESC LIMIT :limit",
            session_id=session_id, limit=limit,
        )  # fmt: skip
        return [logged_of(row) for row in rows]

    def put(self, webhook: Mapping[str, Any]) -> int:
        """Write a webhook, inside the caller's transaction; its serial."""
        serial = self.tables.insert("outbox", webhook).lastrowid
        assert serial is not None
        return serial
