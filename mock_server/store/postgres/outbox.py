"""The webhooks of the shared store: each is sent by the mock that claims it."""

from collections.abc import Mapping
from typing import Any

from ...codec import decode
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
from .results import PostgresRecords

__all__ = ["PostgresOutbox"]

_WAITING = "sandbox = %s AND due IS NOT NULL AND (claimed IS NULL OR claimed < clock_timestamp())"


class PostgresOutbox(PostgresRecords):
    """What was delivered, what waits, and what is to be sent again."""

    async def deliveries(self) -> list[Delivery]:
        rows = await self.rows(
            f"SELECT {DELIVERY_COLUMNS} FROM adjourn_outbox WHERE {_WAITING} "
            "ORDER BY due, serial LIMIT 1000",
            self.sandbox,
        )
        return [delivery_of(row) for row in rows]

    async def claim(self, delivery: Delivery, seconds: float) -> bool:
        # It must be as it was when it was read: another mock may have tried it since.
        rows = await self.rows(
            "UPDATE adjourn_outbox SET claimed = clock_timestamp() + make_interval(secs => %s) "
            f"WHERE {_WAITING} AND serial = %s AND attempts = %s AND due = %s RETURNING serial",
            seconds, self.sandbox, delivery.serial, delivery.attempts, delivery.due,
        )  # fmt: skip
        return bool(rows)

    async def delivered(
        self,
        serial: int,
        outcome: str,
        retry_at: int | None,
        attempt: Mapping[str, Any] | None = None,
    ) -> None:
        async with self.transaction() as connection:
            cursor = await connection.execute(
                "SELECT log FROM adjourn_outbox WHERE serial = %s FOR UPDATE", (serial,)
            )
            for (log,) in await cursor.fetchall():
                kept = [*decode(log), attempt or {}][-ATTEMPTS_KEPT:]
                await connection.execute(
                    "UPDATE adjourn_outbox SET attempts = attempts + 1, outcome = %s, due = %s, "
                    "log = %s, claimed = NULL WHERE serial = %s",
                    (outcome, retry_at, dump(kept), serial),
                )
            await connection.execute(
                "DELETE FROM adjourn_outbox WHERE serial <= %s AND sandbox = %s AND due IS NULL",
                (serial - DELIVERIES_KEPT, self.sandbox),
            )

    async def next_delivery(self) -> int | None:
        statement = f"SELECT min(due) FROM adjourn_outbox WHERE {_WAITING}"
        due: int | None = (await self.rows(statement, self.sandbox))[0][0]
        return due

    async def enqueue(
        self, session_id: str, url: str, headers: Mapping[str, str], payload: Any, due: int
    ) -> int:
        async with self.connection() as connection:
            return await self.put(connection, webhook_row(session_id, url, headers, payload, due))

    async def postpone(self, serial: int, due: int) -> None:
        async with self.connection() as connection:
            await connection.execute(
                "UPDATE adjourn_outbox SET due = %s, claimed = NULL "
                "WHERE sandbox = %s AND serial = %s AND due IS NOT NULL",
                (due, self.sandbox, serial),
            )

    async def redeliver(self, serial: int, due: int) -> None:
        async with self.connection() as connection:
            await connection.execute(
                "UPDATE adjourn_outbox SET due = %s, attempts = 0, outcome = 'pending', "
                "claimed = NULL WHERE sandbox = %s AND serial = %s",
                (due, self.sandbox, serial),
            )

    async def delivery(self, serial: int) -> LoggedDelivery | None:
        rows = await self.rows(
            f"SELECT {LOGGED_COLUMNS} FROM adjourn_outbox WHERE sandbox = %s AND serial = %s",
            self.sandbox, serial,
        )  # fmt: skip
        return logged_of(rows[0]) if rows else None

    async def delivery_log(self, session_id: str | None, limit: int) -> list[LoggedDelivery]:
        rows = await self.rows(
            f"SELECT {LOGGED_COLUMNS} FROM adjourn_outbox WHERE sandbox = %s "
            "AND session_id = coalesce(%s::text, session_id) ORDER BY serial DESC LIMIT %s",
            self.sandbox, session_id, limit,
        )  # fmt: skip
        return [logged_of(row) for row in rows]
