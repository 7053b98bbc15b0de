"""The sessions of the embedded store."""

from ...domain.session import Message
from ..rows import Row, message_of
from ..sessions import StoredSessions
from ..tables import Statements

# Few columns: a row looks for the name of one among all that it has.
_MESSAGES = (
    "SELECT role, content, time, tool_calls FROM messages "
    "WHERE sandbox = :sandbox AND session_id = :id ORDER BY position"
)


class SqliteSessions(StoredSessions):
    position = "instr"
    activity = "next_activity()"
    endpoint = "channel = :channel AND external_hash = :external_hash"

    async def transcript(self, statements: Statements, row: Row) -> tuple[Message, ...]:
        if not row["message_count"]:
            return ()
        return tuple(map(message_of, await statements.rows(_MESSAGES, id=row["id"])))
