"""The sessions of the embedded store."""

from collections import defaultdict
from collections.abc import Sequence

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

    async def whole(self, statements: Transaction, rows: Sequence[Row]) -> list[Session]:
        ids = dump([row["id"] for row in rows])
        said = defaultdict(list)
        for row in await statements.rows(_OF_MANY, ids=ids):
            said[row["session_id"]].append(message_of(row))
        return [session_of(row, tuple(said[row["id"]])) for row in rows]
