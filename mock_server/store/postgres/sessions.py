"""The sessions of the shared store: of a page one statement reads all, as of one instant."""

from ...domain.records import SessionQuery
from ...domain.session import Message, Session
from ..rows import Row, message_of, session_of
from ..sessions import AT_ONCE, StoredSessions
from ..tables import Statements, Transaction
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

    async def found(
        self, statements: Transaction, query: SessionQuery
    ) -> tuple[list[Session], int]:
        where, values = self.filter(query)
        matching, order = f"FROM sessions WHERE {where}", f"ORDER BY {self.order()}"
        statement = (
            f"SELECT * FROM (SELECT count(*) AS total {matching}) c LEFT JOIN "
            f"(SELECT * {matching} {order} LIMIT :take OFFSET :skip) s ON true "
            f"{self.joined} {order}"
        )
        values |= {"take": query.take, "skip": query.skip}
        sessions, total = [], 0
        async for row in statements.each(statement, AT_ONCE, **values):
            total = row["total"]
            if row["id"] is not None:
                sessions.append(session_of(row, await self.transcript(statements, row)))
        return sessions, total
