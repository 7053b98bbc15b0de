"""What finished sessions leave in the embedded store: call results, audit entries, webhooks."""

from collections.abc import Mapping
from typing import Any

import orjson

from mock_server.database import Database
from mock_server.repository import AuditEntry, CallResultQuery, Completion, Delivery
from mock_server.session import Session
from mock_server.tables import TABLES

__all__ = ["Image", "SqliteRecords", "dump"]

# The rows of each table that belong to one sandbox.
Image = dict[str, list[dict[str, Any]]]

_DELIVERIES_KEPT = 1_000
_ATTEMPTS_KEPT = 50


class SqliteRecords:
    """The records of one sandbox."""

    def __init__(self, database: Database, sandbox: str) -> None:
        self.database = database
        self.connection = database.connection
        self.sandbox = sandbox

    async def search(self, query: CallResultQuery) -> tuple[list[dict[str, Any]], int]:
        where, values = self.call_result_filter(query)
        total = self.connection.execute(
            f"SELECT count(*) FROM call_results WHERE {where}", values
        ).fetchone()[0]
        rows = self.connection.execute(
            f"SELECT document FROM call_results WHERE {where} "
            "ORDER BY completed DESC, serial DESC LIMIT ? OFFSET ?",
            (*values, query.size, query.page * query.size),
        )
        return [orjson.loads(row[0]) for row in rows], total

    def call_result_filter(self, query: CallResultQuery) -> tuple[str, list[Any]]:
        """The condition of a search, with its values."""
        tests: list[tuple[str, Any]] = [
            ("sandbox = ?", self.sandbox),
            ("visible <= ?", query.visible_at),
        ]
        for column, wanted in (
            ("call_id", query.call_ids),
            ("agent_id", query.agent_ids),
            ("status", query.statuses),
        ):
            if wanted:
                tests.append((f"{column} IN (SELECT value FROM json_each(?))", dump(wanted)))
        if query.completed_from is not None:
            tests.append(("completed >= ?", query.completed_from))
        if query.completed_to is not None:
            tests.append(("completed <= ?", query.completed_to))
        if query.endpoint is not None:
            tests.append(("endpoint = ?", query.endpoint))
        if query.data:
            tests.append(("holds(document, ?)", dump(query.data)))
        return " AND ".join(test for test, _ in tests), [value for _, value in tests]

    async def audit(self, session_id: str) -> list[AuditEntry]:
        rows = self.connection.execute(
            "SELECT session_id, time, event, note FROM audit "
            "WHERE sandbox = ? AND session_id = ? ORDER BY serial",
            (self.sandbox, session_id),
        )
        return [AuditEntry(*row) for row in rows]

    async def deliveries(self) -> list[Delivery]:
        rows = self.connection.execute(
            "SELECT serial, session_id, url, headers, payload, attempts, due FROM outbox "
            "WHERE sandbox = ? AND due IS NOT NULL ORDER BY due, serial LIMIT 1000",
            (self.sandbox,),
        )
        return [
            Delivery(serial, session_id, url, orjson.loads(headers), payload.encode(), tries, due)
            for serial, session_id, url, headers, payload, tries, due in rows
        ]

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
            (outcome, retry_at, _ATTEMPTS_KEPT, dump(attempt or {}), serial),
        )
        self.connection.execute(
            "DELETE FROM outbox WHERE serial <= ? AND sandbox = ? AND due IS NULL",
            (serial - _DELIVERIES_KEPT, self.sandbox),
        )

    async def next_delivery(self) -> int | None:
        row = self.connection.execute(
            "SELECT min(due) FROM outbox WHERE sandbox = ? AND due IS NOT NULL", (self.sandbox,)
        ).fetchone()
        due: int | None = row[0]
        return due

    async def count(self) -> int:
        row = self.connection.execute(
            "SELECT count(*) FROM sessions WHERE sandbox = ?", (self.sandbox,)
        ).fetchone()
        return int(row[0])

    async def clear(self) -> None:
        with self.database.transaction() as connection:
            for table in TABLES:
                connection.execute(f"DELETE FROM {table} WHERE sandbox = ?", (self.sandbox,))

    async def dump(self) -> Image:
        return {table: self._rows(table) for table in TABLES}

    async def load(self, image: Image) -> None:
        with self.database.transaction() as connection:
            for table in TABLES:
                connection.execute(f"DELETE FROM {table} WHERE sandbox = ?", (self.sandbox,))
                for row in image.get(table, ()):
                    marks = ", ".join("?" * (len(row) + 1))
                    connection.execute(
                        f"INSERT INTO {table} (sandbox, {', '.join(row)}) VALUES ({marks})",
                        (self.sandbox, *row.values()),
                    )

    def _rows(self, table: str) -> list[dict[str, Any]]:
        cursor = self.connection.execute(
            f"SELECT * FROM {table} WHERE sandbox = ?", (self.sandbox,)
        )
        names = [column[0] for column in cursor.description]
        # The serials of these two are the database's own, and given anew.
        left_out = {"sandbox", "serial"} if table in ("audit", "outbox") else {"sandbox"}
        kept = [index for index, name in enumerate(names) if name not in left_out]
        return [{names[index]: row[index] for index in kept} for row in cursor]

    def record(self, session: Session, completion: Completion) -> None:
        """Write call result, audit entry and webhook, inside the caller's transaction."""
        result = completion.call_result
        self.connection.execute(
            "INSERT INTO call_results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self.sandbox,
                session.id,
                result["agentId"],
                result["callStatus"],
                result["endpoint"],
                completion.completed,
                completion.visible,
                next(self.database.activity),
                dump(result),
            ),
        )
        self.connection.execute(
            "INSERT INTO audit (sandbox, session_id, time, event, note) VALUES (?, ?, ?, ?, ?)",
            (self.sandbox, session.id, completion.completed, completion.event, completion.note),
        )
        if (webhook := completion.webhook) is not None:
            self.connection.execute(
                "INSERT INTO outbox (sandbox, session_id, url, headers, payload, attempts, due, "
                "outcome) VALUES (?, ?, ?, ?, ?, 0, ?, 'pending')",
                (
                    self.sandbox,
                    session.id,
                    webhook["url"],
                    dump(webhook["headers"]),
                    dump(webhook["payload"]),
                    completion.completed,
                ),
            )


def dump(value: Any) -> str:
    """A JSON value as it is stored."""
    return orjson.dumps(value).decode()
