"""The call results of the shared store."""

import asyncio
from functools import partial
from typing import Any

from ...domain.records import CallResultQuery
from ..filters import memberships
from ..matching import holds
from ..results import ORDER, StoredResults
from ..rows import dump
from ..tables import Transaction


class PostgresResults(StoredResults):
    def among(self, query: CallResultQuery) -> tuple[str, dict[str, Any]]:
        wanted = dict(memberships(query))
        return "".join(f" AND {column} = ANY(:{column})" for column in wanted), {**wanted}

    async def found(self, query: CallResultQuery) -> tuple[list[str], int]:
        if not query.data:
            return await super().found(query)
        # A path means what it means in the embedded store: the same function looks.
        kept, wanted = await self.tables.read(partial(self._all, query)), dump(query.data)
        first, last = query.page * query.size, (query.page + 1) * query.size

        def fitting() -> list[str]:
            return [document for document in kept if holds(document, wanted)]

        some = await asyncio.to_thread(fitting)  # others have the connection meanwhile
        return some[first:last], len(some)

    async def _all(self, query: CallResultQuery, statements: Transaction) -> list[str]:
        """The documents that satisfy all but the data."""
        where, values = self.filter(query)
        each = statements.each(f"SELECT document FROM call_results WHERE {where} {ORDER}", **values)
        return [row["document"] async for row in each]
