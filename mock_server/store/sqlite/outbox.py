"""The delivery log of the embedded store: every webhook of a sandbox with its attempts."""

from collections.abc import Mapping
from typing import Any

from ...domain.repository import Delivery, LoggedDelivery
from ..rows import (
    ATTEMPTS_KEPT,
    DELIVERIES_KEPT,
    DELIVERY_COLUMNS,
    LOGGED_COLUMNS,
    delivery_of,
    dump,
    logged_of,
    webhook_row,
)
from .results import SqliteRecords

__all__ = ["SqliteOutbox"]


class SqliteOutbox(SqliteRecords):
    """What was delivered, what waits, and what is to be sent again."""

    async def deliveries(self) -> list[Delivery]:
        rows = self.connection.execute(
            f"SELECT {DELIVERY_COLUMNS} FROM outbox "
            "WHERE sandbox = ? AND due IS NOT NULL ORDER BY due, serial LIMIT 1000",
            (self.sandbox,),
        )
        return [delivery_of(row) for row in rows]

    async def claim(self, delivery: Delivery, seconds: float) -> bool:
        return True

    async def delivered(
        self,
        serial: int,
        outcome: str,
        retry_at: int | None,
        attempt: Mapping[str, Any] | None = None,
    ) -> None:
        self.connection.execute(
            "UPDATE outbox SET attempts = attempts + 1, outcome = ?, due = ?, "
            "log = json_insert(CASE WHEN json_array_length(log) < ? THEN log "
            "ELSE json_remove(log, '$[0]') END, '$[#]', json(?)) WHERE serial = ?",
            (outcome, retry_at, ATTEMPTS_KEPT, dump(attempt or {}), serial),
        )
        self.connection.execute(
            "DELETE FROM outbox WHERE serial <= ? AND sandbox = ? AND due IS NULL",
            (serial - DELIVERIES_KEPT, self.sandbox),
        )

    async def next_delivery(self) -> int | None:
        row = self.connection.execute(
            "SELECT min(due) FROM outbox WHERE sandbox = ? AND due IS NOT NULL", (self.sandbox,)
        ).fetchone()
        due: int | None = row[0]
        return due

    async def enqueue(
        self, session_id: str, url: str, headers: Mapping[str, str], payload: Any, due: int
    ) -> int:
        return self.put(webhook_row(session_id, url, headers, payload, due))

    async def postpone(self, serial: int, due: int) -> None:
        self.connection.execute(
            "UPDATE outbox SET due = ? WHERE sandbox = ? AND serial = ? AND due IS NOT NULL",
            (due, self.sandbox, serial),
        )

    async def redeliver(self, serial: int, due: int) -> None:
        self.connection.execute(
            "UPDATE outbox SET due = ?, attempts = 0, outcome = 'pending' "
            "WHERE sandbox = ? AND serial = ?",
            (due, self.sandbox, serial),
        )

    async def delivery(self, serial: int) -> LoggedDelivery | None:
        row = self.connection.execute(
            f"SELECT {LOGGED_COLUMNS} FROM outbox WHERE sandbox = ? AND serial = ?",
            (self.sandbox, serial),
        ).fetchone()
        return None if row is None else logged_of(row)

    async def delivery_log(self, session_id: str | None, limit: int) -> list[LoggedDelivery]:
        rows = self.connection.execute(
            f"SELECT {LOGGED_COLUMNS} FROM outbox WHERE sandbox = ? "
            "AND (? IS NULL OR session_id = ?) ORDER BY serial DESC LIMIT ?",
            (self.sandbox, session_id, session_id, limit),
        )
        return [logged_of(row) for row in rows]
