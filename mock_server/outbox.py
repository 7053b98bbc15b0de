"""The delivery log of the embedded store: every webhook of a sandbox with its attempts."""

from collections.abc import Mapping
from typing import Any

import orjson

from mock_server.records import SqliteRecords, dump
from mock_server.repository import LoggedDelivery

__all__ = ["SqliteOutbox"]

_COLUMNS = "serial, session_id, url, payload, due, outcome, log"


class SqliteOutbox(SqliteRecords):
    """What was delivered, what waits, and what is to be sent again."""

    async def enqueue(
        self, session_id: str, url: str, headers: Mapping[str, str], payload: Any, due: int
    ) -> int:
        row = self.connection.execute(
            "INSERT INTO outbox (sandbox, session_id, url, headers, payload, attempts, due, "
            "outcome) VALUES (?, ?, ?, ?, ?, 0, ?, 'pending') RETURNING serial",
            (self.sandbox, session_id, url, dump(headers), dump(payload), due),
        ).fetchone()
        serial: int = row[0]
        return serial

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
            f"SELECT {_COLUMNS} FROM outbox WHERE sandbox = ? AND serial = ?",
            (self.sandbox, serial),
        ).fetchone()
        return None if row is None else _logged(*row)

    async def delivery_log(self, session_id: str | None, limit: int) -> list[LoggedDelivery]:
        rows = self.connection.execute(
            f"SELECT {_COLUMNS} FROM outbox WHERE sandbox = ? "
            "AND (? IS NULL OR session_id = ?) ORDER BY serial DESC LIMIT ?",
            (self.sandbox, session_id, session_id, limit),
        )
        return [_logged(*row) for row in rows]


def _logged(
    serial: int, session_id: str, url: str, payload: str, due: int | None, outcome: str, log: str
) -> LoggedDelivery:
    values = orjson.loads(payload), orjson.loads(log)
    return LoggedDelivery(serial, session_id, url, values[0], due, outcome, values[1])
