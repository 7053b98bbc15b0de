"""The call results of the embedded store, and what else finished sessions leave in it."""

from typing import Any

from ...codec import decode
from ...domain.records import CallResultQuery, Completion
from ...domain.session import Session
from ..filters import all_of, call_result_tests, memberships
from ..rows import LATEST_RESULT, audit_row, dump, result_row, webhook_row
from .outbox import SqliteOutbox
from .tables import Tables


class SqliteResults:
    """The call results of one sandbox; the webhooks that go with them go to `outbox`."""

    def __init__(self, tables: Tables, outbox: SqliteOutbox) -> None:
        self.tables = tables
        self.outbox = outbox

    async def search(self, query: CallResultQuery) -> tuple[list[dict[str, Any]], int]:
        await self.tables.free()
        return await self.tables.read(lambda: self._found(query), slow=bool(query.data))

    def _found(self, query: CallResultQuery) -> tuple[list[dict[str, Any]], int]:
        where, values = self.filter(query)
        total = self.tables.value(f"SELECT count(*) FROM call_results WHERE {where}", **values)
        rows = self.tables.rows(
            f"SELECT document FROM call_results WHERE {where} "
            "ORDER BY completed DESC, serial DESC LIMIT :size OFFSET :first",
            **values, size=query.size, first=query.page * query.size,
        )  # fmt: skip
        return [decode(row["document"]) for row in rows], total

    def filter(self, query: CallResultQuery) -> tuple[str, dict[str, Any]]:
        """The condition of a search, with its values."""
        where, values = all_of(call_result_tests(query), ":{}")
        for column, wanted in memberships(query):
            values[column] = dump(wanted)
            # SQLite's own function cuts a text at U+0000; the other one uses no index.
            cut = "\\u0000" in values[column]
            test = "is_among({0}, :{0})" if cut else "{0} IN (SELECT value FROM json_each(:{0}))"
            where += f" AND {test.format(column)}"
        if query.data:
            where += " AND holds(document, :data)"
            values["data"] = dump(query.data)
        return where, values

    def record(self, session: Session, completion: Completion) -> None:
        """Write call result, audit entry and webhook, inside the caller's transaction."""
        if completion.call_result is not None:
            searched = completion.columns, completion.completed, completion.visible
            row = result_row(session.id, completion.call_result, *searched)
            serial = next(self.tables.database.activity)
            self.tables.insert("call_results", {**row, "serial": serial}, LATEST_RESULT)
        self.tables.insert("audit", audit_row(session, completion))
        if (webhook := completion.webhook) is not None:
            self.outbox.put(webhook_row(session.id, **webhook, due=completion.completed))
