"""The sessions of the shared store."""

from ...domain.session import Message
from ..rows import Row, message_of
from ..sessions import StoredSessions
from ..tables import Statements
from .schema import WITH_TRANSCRIPT

_MESSAGE = ("role", "content", "time", "tool_calls")


class PostgresSessions(StoredSessions):
    position = "strpos"
    activity = "nextval('adjourn_activity')"
    endpoint = (
        "adjourn_digest(channel) = adjourn_digest(:channel) "
        "AND adjourn_digest(external_hash) = adjourn_digest(:external_hash)"
    )
    joined = WITH_TRANSCRIPT

    async def transcript(self, statements: Statements, row: Row) -> tuple[Message, ...]:
        messages = zip(*(row[column] or () for column in _MESSAGE), strict=True)
        return tuple(message_of(dict(zip(_MESSAGE, one, strict=True))) for one in messages)
