"""The call results of the shared store, and what else finished sessions leave in it."""

import asyncio
from typing import Any

from ...codec import decode
from ...domain.records import CallResultQuery, Completion
from ...domain.session import Session
from ...large import beside
from ..filters import all_of, call_result_tests, memberships
from ..matching import holds
from ..rows import LATEST_RESULT, audit_row, dump, result_row, webhook_row
from .outbox import PostgresOutbox
from .tables import Tables, Transaction

_LATEST = f"{LATEST_RESULT} RETURNING call_id"
_ORDER = "ORDER BY completed DESC, serial DESC"


class PostgresResults:
    """The call results of one sandbox; the webhooks that go with them go to `outbox`."""

    def __init__(self, tables: Tables, outbox: PostgresOutbox) -> None:
        self.tables = tables
        self.outbox = outbox

    async def search(self, query: CallResultQuery) -> tuple[list[dict[str, Any]], int]:
        where, values = all_of(call_result_tests(query), "%({})s")
        for column, wanted in memberships(query):
            where += f" AND {column} = ANY(%({column})s)"
            values[column] = wanted
        found = f"FROM adjourn_call_results WHERE {where}"
        first, last = query.page * query.size, (query.page + 1) * query.size
        if query.data:
            # A path means what it means in the embedded store: the same function looks.
            wanted_data = dump(query.data)
            async with self.tables.connection() as connection:
                each = connection.each(f"SELECT document {found} {_ORDER}", **values)
                kept = [row["document"] async for row in each]

            def fitting() -> tuple[list[dict[str, Any]], int]:
                some = [document for document in kept if holds(document, wanted_data)]
                return [decode(document) for document in some[first:last]], len(some)

            return await asyncio.to_thread(fitting)
        rows = await self.tables.rows(
            f"SELECT total, document FROM (SELECT count(*) AS total {found}) t LEFT JOIN "
            f"(SELECT document, completed, serial {found} {_ORDER} "
            f"LIMIT %(size)s OFFSET %(first)s) p ON true {_ORDER}",
            **values, size=query.size, first=first,
        )  # fmt: skip
        documents = [row["document"] for row in rows if row["document"]]
        size = sum(map(len, documents))
        return await beside(size, lambda: [*map(decode, documents)]), rows[0]["total"]

    async def record(self, transaction: Transaction, session: Session, made: Completion) -> None:
        """Write call result, audit entry and webhook, inside the caller's transaction."""
        if made.call_result is not None:
            searched = made.columns, made.completed, made.visible
            row = result_row(session.id, made.call_result, *searched)
            await transaction.insert("call_results", row, _LATEST)
        await transaction.insert("audit", audit_row(session, made))
        if (webhook := made.webhook) is not None:
            row = webhook_row(session.id, **webhook, due=made.completed)
            await self.outbox.put(transaction, row)
