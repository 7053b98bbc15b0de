"""Rows of the tables made from the values of the domain, and the other way round."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..codec import decode, encode
from ..domain.repository import Change, Completion, Delivery, LoggedDelivery
from ..domain.session import Message, Session

__all__ = [
    "ATTEMPTS_KEPT",
    "DELIVERIES_KEPT",
    "DELIVERY_COLUMNS",
    "LOGGED_COLUMNS",
    "OVERDUE_AT_ONCE",
    "SESSION_COLUMNS",
    "SESSION_IDS",
    "TABLES",
    "Image",
    "changed_row",
    "delivery_of",
    "dump",
    "logged_of",
    "message_of",
    "message_rows",
    "reply_row",
    "result_row",
    "session_of",
    "session_row",
    "webhook_row",
]

# The rows of each table that belong to one sandbox.
Image = dict[str, list[dict[str, Any]]]

# All that belongs to a sandbox; each has a column of that name.
TABLES = ("sessions", "messages", "replies", "call_results", "audit", "outbox")

# The column of each that names the session.
SESSION_IDS = dict.fromkeys(TABLES, "session_id") | {"sessions": "id", "call_results": "call_id"}

DELIVERIES_KEPT = 1_000
ATTEMPTS_KEPT = 50
OVERDUE_AT_ONCE = 1_000

SESSION_COLUMNS = (
    "id, agent_id, channel, ttl_seconds, created, last_activity, is_final, final_reason, "
    "finished, cursor, additional_data, external_hash, message_count"
)
DELIVERY_COLUMNS = "serial, session_id, url, headers, payload, attempts, due"
LOGGED_COLUMNS = "serial, session_id, url, payload, due, outcome, log"


def dump(value: Any) -> str:
    """A JSON value as it is stored."""
    return encode(value).decode()


def session_row(session: Session) -> tuple[Any, ...]:
    """A new session: id, agent_id, channel, external_hash, ttl_seconds, additional_data, created,
    last_activity, expires, cursor, message_count."""
    return (
        session.id,
        session.agent_id,
        session.channel,
        session.external_hash,
        session.ttl_seconds,
        dump(session.additional_data),
        session.created,
        session.last_activity,
        session.expires,
        session.cursor,
        len(session.messages),
    )


def session_of(row: Sequence[Any], messages: tuple[Message, ...]) -> Session:
    """The session of a row of `SESSION_COLUMNS`."""
    return Session(
        id=row[0],
        agent_id=row[1],
        channel=row[2],
        ttl_seconds=row[3],
        created=row[4],
        last_activity=row[5],
        state="final" if row[6] else "active",
        final_reason=row[7],
        finished=row[8],
        cursor=row[9],
        additional_data={} if row[10] == "{}" else decode(row[10]),
        messages=messages,
        external_hash=row[11],
        message_count=row[12],
    )


def message_rows(first: int, messages: Sequence[Message]) -> Iterator[tuple[Any, ...]]:
    """Position, role, content, tool_calls and time of each message, from a position on."""
    for position, message in enumerate(messages, first):
        calls = dump(message.tool_calls) if message.tool_calls else None
        yield position, message.role, message.content, calls, message.time


def message_of(role: str, content: str | None, time: int, calls: str | None) -> Message:
    """The message of a row."""
    return Message(role, content, time, decode(calls) if calls else None)


def changed_row(sandbox: str, change: Change) -> tuple[Any, ...]:
    """What a change sets, from expires on, and the session that it may be made to."""
    session = change.session
    return (
        session.expires,
        session.cursor,
        len(change.messages),
        session.is_final,
        session.final_reason,
        session.finished,
        sandbox,
        session.id,
        change.overdue_at,
        change.overdue_at,
        change.seen,
    )


def reply_row(change: Change, count: int) -> tuple[Any, ...]:
    """The memory of a turn, when the transcript holds `count`: session_id, key, first, last,
    state."""
    first = count - len(change.messages) + change.reply_from
    return change.session.id, change.key, first, count, change.session.state


def result_row(session: Session, completion: Completion) -> tuple[Any, ...]:
    """A call result: call_id, agent_id, status, endpoint, completed, visible, document."""
    result = completion.call_result
    return (
        session.id,
        result["agentId"],
        result["callStatus"],
        result["endpoint"],
        completion.completed,
        completion.visible,
        dump(result),
    )


def webhook_row(
    session_id: str, url: str, headers: Mapping[str, str], payload: Any, due: int
) -> tuple[Any, ...]:
    """A new webhook: session_id, url, headers, payload, due."""
    return session_id, url, dump(headers), dump(payload), due


def delivery_of(row: Sequence[Any]) -> Delivery:
    """The webhook of a row of `DELIVERY_COLUMNS`."""
    serial, session_id, url, headers, payload, attempts, due = row
    return Delivery(serial, session_id, url, decode(headers), payload.encode(), attempts, due)


def logged_of(row: Sequence[Any]) -> LoggedDelivery:
    """The webhook of a row of `LOGGED_COLUMNS`."""
    serial, session_id, url, payload, due, outcome, log = row
    values = decode(payload), decode(log)
    return LoggedDelivery(serial, session_id, url, values[0], due, outcome, values[1])
