"""The sessions of the embedded store.

Nobody else has its connection meanwhile, so that several statements read as of one instant.
"""

from collections import defaultdict
from collections.abc import Sequence

from ...domain.records import SessionQuery
from ...domain.session import Message, Session
from ..rows import Row, dump, message_of, session_of
from ..sessions import StoredSessions
from ..tables import Statements, Transaction

# Few columns: a row looks for the name of one among all that it has.
_MESSAGES = "SELECT role, content, time, tool_calls{} FROM messages WHERE sandbox = :sandbox"
_OF_ONE = f"{_MESSAGES.format('')} AND session_id = :id ORDER BY position"
_OF_MANY = (
    f"{_MESSAGES.format(', session_id')} "
    "AND session_id IN (SELECT value FROM json_each(:ids)) ORDER BY session_id, position"
)


class SqliteSessions(StoredSessions):
    position = "instr"
    activity = "next_activity()"
    endpoint = "channel = :channel AND external_hash = :external_hash"

    async def transcript(self, statements: Statements, row: Row) -> tuple[Message, ...]:
        if not row["message_count"]:
            return ()
        return tuple(map(message_of, await statements.rows(_OF_ONE, id=row["id"])))

    async def found(
        self, statements: Transaction, query: SessionQuery
    ) -> tuple[list[Session], int]:
        where, values = self.filter(query)
        matching = f"FROM sessions WHERE {where}"
        total = await statements.value(f"SELECT count(*) AS value {matching}", **values)
        rows = await statements.rows(
            f"SELECT * {matching} ORDER BY {self.order()} LIMIT :take OFFSET :skip",
            **values, take=query.take, skip=query.skip,
        )  # fmt: skip
        return await self._whole(statements, rows), total

    async def _whole(self, statements: Transaction, rows: Sequence[Row]) -> list[Session]:
        ids = dump([row["id"] for row in rows if row["message_count"]])
        said = defaultdict(list)
        for row in await statements.rows(_OF_MANY, ids=ids):
            said[row["session_id"]].append(message_of(row))
        return [session_of(row, tuple(said[row["id"]])) for row in rows]
