"""The outbox of the shared store: each webhook is sent by the mock that claims it."""

from collections.abc import Mapping
from typing import Any

from ...codec import decode
from ...domain.records import Delivery, LoggedDelivery
from ...large import beside
from ..rows import ATTEMPTS_KEPT, DELIVERIES_KEPT, delivery_of, dump, logged_of, webhook_row
from .tables import Tables, Transaction

_WAITING = (
    "sandbox = %(sandbox)s AND due IS NOT NULL AND (claimed IS NULL OR claimed < clock_timestamp())"
)
_THIS = "sandbox = %(sandbox)s AND serial = %(serial)s"


class PostgresOutbox:
    """The webhooks of one sandbox."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    async def deliveries(self) -> list[Delivery]:
        rows = await self.tables.rows(
            f"SELECT * FROM adjourn_outbox WHERE {_WAITING} ORDER BY due, serial LIMIT 1000"
        )
        return [delivery_of(row) for row in rows]

    async def next_due(self) -> int | None:
        statement = f"SELECT min(due) FROM adjourn_outbox WHERE {_WAITING}"
        due: int | None = await self.tables.value(statement)
        return due

    async def claim(self, delivery: Delivery, seconds: float) -> bool:
        # It must be as it was when it was read: another mock may have tried it since.
        rows = await self.tables.rows(
            "UPDATE adjourn_outbox "
            "SET claimed = clock_timestamp() + make_interval(secs => %(seconds)s) "
            f"WHERE {_WAITING} AND serial = %(serial)s AND attempts = %(attempts)s "
            "AND due = %(due)s RETURNING serial",
            seconds=seconds, serial=delivery.serial, attempts=delivery.attempts, due=delivery.due,
        )  # fmt: skip
        return bool(rows)

    async def delivered(
        self,
        serial: int,
        outcome: str,
        retry_at: int | None,
        attempt: Mapping[str, Any] | None = None,
    ) -> None:
        async with self.tables.transaction() as transaction:
            statement = f"SELECT log FROM adjourn_outbox WHERE {_THIS} FOR UPDATE"
            row = await transaction.row(statement, serial=serial)
            if row is not None:
                kept = [*decode(row["log"]), attempt or {}][-ATTEMPTS_KEPT:]
                await transaction.run(
                    "UPDATE adjourn_outbox SET attempts = attempts + 1, outcome = %(outcome)s, "
                    f"due = %(retry_at)s, log = %(log)s, claimed = NULL WHERE {_THIS}",
                    serial=serial, outcome=outcome, retry_at=retry_at, log=dump(kept),
                )  # fmt: skip
            await transaction.run(
                "DELETE FROM adjourn_outbox "
                "WHERE serial <= %(last)s AND sandbox = %(sandbox)s AND due IS NULL",
                last=serial - DELIVERIES_KEPT,
            )

    async def enqueue(
        self, session_id: str, url: str, headers: Mapping[str, str], payload: Any, due: int
    ) -> int:
        async with self.tables.transaction() as transaction:
            row = webhook_row(session_id, url, headers, payload, due)
            return await self.put(transaction, row)

    async def postpone(self, serial: int, due: int) -> None:
        await self.tables.run(
            "UPDATE adjourn_outbox SET due = %(due)s, claimed = NULL "
            f"WHERE {_THIS} AND due IS NOT NULL",
            serial=serial, due=due,
        )  # fmt: skip

    async def redeliver(self, serial: int, due: int) -> None:
        await self.tables.run(
            "UPDATE adjourn_outbox SET due = %(due)s, attempts = 0, outcome = 'pending', "
            f"claimed = NULL WHERE {_THIS}",
            serial=serial, due=due,
        )  # fmt: skip

    async def delivery(self, serial: int) -> LoggedDelivery | None:
        row = await self.tables.row(f"SELECT * FROM adjourn_outbox WHERE {_THIS}", serial=serial)
        return logged_of(row) if row else None

    async def log(self, session_id: str | None, limit: int) -> list[LoggedDelivery]:
        rows = await self.tables.rows(
            "SELECT * FROM adjourn_outbox WHERE sandbox = %(sandbox)s "
            "AND session_id = coalesce(%(session_id)s::text, session_id) "
            "ORDER BY serial DESC LIMIT %(limit)s",
            session_id=session_id, limit=limit,
        )  # fmt: skip
        size = sum(len(row["payload"]) + len(row["log"]) for row in rows)
        return await beside(size, lambda: [*map(logged_of, rows)])

    async def put(self, transaction: Transaction, webhook: Mapping[str, Any]) -> int:
        """Write a webhook, inside the caller's transaction; its serial."""
        row = await transaction.insert("outbox", webhook, " RETURNING serial")
        assert row is not None
        return int(row["serial"])
