"""The call results of a sandbox, as every store keeps them, and what else an end leaves."""

from abc import abstractmethod
from typing import Any

from ..codec import decode
from ..domain.records import CallResultQuery, Completion
from ..domain.session import Session
from ..large import beside
from .filters import all_of, call_result_tests
from .rows import LATEST_RESULT, audit_row, result_row, webhook_row
from .tables import Tables, Transaction

ORDER = "ORDER BY completed DESC, serial DESC"


class StoredResults:
    """The call results of one sandbox."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    @abstractmethod
    def among(self, query: CallResultQuery) -> tuple[str, dict[str, Any]]:
        """The conditions beside those that every database has in the same words."""

    async def search(self, query: CallResultQuery) -> tuple[list[dict[str, Any]], int]:
        """One page of call results, newest first, and how many match in all."""
        documents, total = await self.found(query)
        return await beside(sum(map(len, documents)), lambda: [*map(decode, documents)]), total

    async def found(self, query: CallResultQuery) -> tuple[list[str], int]:
        """The documents of the page, and how many match in all."""
        where, values = self.filter(query)
        statement = (
            f"SELECT total, document FROM (SELECT count(*) AS total FROM call_results "
            f"WHERE {where}) c LEFT JOIN (SELECT document, completed, serial FROM call_results "
            f"WHERE {where} {ORDER} LIMIT :size OFFSET :first) p ON true {ORDER}"
        )
        values |= {"size": query.size, "first": query.page * query.size}
        rows = await self.tables.read(
            lambda statements: statements.rows(statement, **values), slow=bool(query.data)
        )
        return [row["document"] for row in rows if row["document"]], rows[0]["total"]

    def filter(self, query: CallResultQuery) -> tuple[str, dict[str, Any]]:
        """The condition of a search, with its values."""
        where, values = all_of(call_result_tests(query))
        tests, given = self.among(query)
        return where + tests, values | given

    async def record(self, statements: Transaction, session: Session, made: Completion) -> None:
        """Write call result, audit entry and webhook, inside the caller's transaction."""
        if made.call_result is not None:
            searched = made.columns, made.completed, made.visible
            row = result_row(session.id, made.call_result, *searched)
            await statements.insert("call_results", row, LATEST_RESULT)
        await statements.insert("audit", audit_row(session, made))
        if (webhook := made.webhook) is not None:
            row = webhook_row(session.id, **webhook, due=made.completed)
            await statements.insert("outbox", row)
