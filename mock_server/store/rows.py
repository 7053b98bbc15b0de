"""Rows of the tables made from the values of the domain, and the other way round.

A row is known by the names of its columns, so nothing here depends on their order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

from ..codec import decode, encode
from ..domain.records import Change, Completion, Delivery, LoggedDelivery
from ..domain.session import Message, Session

# All that belongs to a sandbox, each with the order in which its rows came.
ORDERS = {
    "sessions": "activity",
    "messages": "session_id, position",
    "replies": "session_id, first",
    "call_results": "serial",
    "audit": "serial",
    "outbox": "serial",
}
TABLES = tuple(ORDERS)

# What a row is given by the database that holds it, and loses on the way to another.
_OWN = frozenset(["sandbox", "activity", "serial", "claimed"])


class Row(Protocol):
    """A row as a database gives it."""

    def __getitem__(self, column: str, /) -> Any: ...

    def keys(self) -> Iterable[str]: ...


def dump(value: Any) -> str:
    """A JSON value as it is stored."""
    return encode(value).decode()


def members_text(members: Mapping[str, Any]) -> str:
    """Members as they are stored: the JSON of each is a text, and so none is found within one."""
    return dump({name: dump(value) for name, value in members.items()})


def members_of(text: str) -> dict[str, Any]:
    return {name: decode(value) for name, value in decode(text).items()}


@lru_cache(maxsize=256)
def insert(table: str, columns: Sequence[str], mark: str, ending: str = "") -> str:
    """The statement that inserts a row; `mark` makes a placeholder of a column's name."""
    marks = ", ".join(mark.format(column) for column in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}){ending}"


def portable(row: Row) -> dict[str, Any]:
    """A row without what its database gave it, and with a truth value where it has a number."""
    values = {column: row[column] for column in row.keys() if column not in _OWN}  # noqa: SIM118
    return {**values, "holds": bool(values["holds"])} if "holds" in values else values


def session_row(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "agent_id": session.agent_id,
        "channel": session.channel,
        "external_hash": session.external_hash,
        "ttl_seconds": session.ttl_seconds,
        "additional_data": dump(session.additional_data),
        "members": members_text(session.members) if session.members else "{}",
        "created": session.created,
        "last_activity": session.last_activity,
        "expires": session.expires,
        "cursor": session.cursor,
        "message_count": len(session.messages),
        "state": session.state,
        "holds": session.holds,
    }


def session_of(row: Row, messages: tuple[Message, ...]) -> Session:
    data, members = row["additional_data"], row["members"]
    return Session(
        id=row["id"],
        agent_id=row["agent_id"],
        channel=row["channel"],
        ttl_seconds=row["ttl_seconds"],
        created=row["created"],
        last_activity=row["last_activity"],
        state=row["state"],
        final_reason=row["final_reason"],
        finished=row["finished"],
        cursor=row["cursor"],
        additional_data={} if data == "{}" else decode(data),
        members={} if members == "{}" else members_of(members),
        messages=messages,
        external_hash=row["external_hash"],
        holds=bool(row["holds"]),
        message_count=row["message_count"],
    )


def message_rows(
    session_id: str, first: int, messages: Sequence[Message]
) -> Iterator[dict[str, Any]]:
    for position, message in enumerate(messages, first):
        yield {
            "session_id": session_id,
            "position": position,
            "role": message.role,
            "content": message.content,
            "tool_calls": dump(message.tool_calls) if message.tool_calls else None,
            "time": message.time,
        }


def message_of(row: Row) -> Message:
    calls = row["tool_calls"]
    return Message(row["role"], row["content"], row["time"], decode(calls) if calls else None)


def changed_row(change: Change) -> dict[str, Any]:
    """What a change sets, and the session that it may be made to."""
    session = change.session
    return {
        "last_activity": session.last_activity,
        "expires": session.expires,
        "cursor": session.cursor,
        "added": len(change.messages),
        "state": session.state,
        "holds": session.holds,
        "was": change.was,
        "final_reason": session.final_reason,
        "finished": session.finished,
        "id": session.id,
        "overdue_at": change.overdue_at,
        "seen": change.seen,
    }


def stored(change: Change) -> Session:
    """The session as it stands after a change."""
    if not change.messages:
        return change.session
    messages = (*change.session.messages, *change.messages)
    return replace(change.session, messages=messages, message_count=len(messages))


def reply_row(change: Change) -> dict[str, Any]:
    """The memory of a turn."""
    return {
        "session_id": change.session.id,
        "key": change.key,
        "first": change.seen + change.reply_from,
        "last": change.seen + len(change.messages),
        "state": change.session.state,
    }


def result_row(
    call_id: str,
    result: Mapping[str, Any],
    columns: Mapping[str, Any],
    completed: int,
    visible: int,
) -> dict[str, Any]:
    return {
        "call_id": call_id,
        **columns,
        "completed": completed,
        "visible": visible,
        "document": dump(result),
    }


# Of a session that goes on and ends again, the call result is that of its latest end.
LATEST_RESULT = (
    " ON CONFLICT (sandbox, call_id) DO UPDATE SET completed = excluded.completed, "
    "visible = excluded.visible, serial = excluded.serial, document = excluded.document"
)


def audit_row(session: Session, completion: Completion) -> dict[str, Any]:
    return {
        "session_id": session.id,
        "time": completion.completed,
        "event": completion.event,
        "note": completion.note,
    }


def webhook_row(
    session_id: str, url: str, headers: Mapping[str, str], payload: Any, due: int
) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "url": url,
        "headers": dump(headers),
        "payload": dump(payload),
        "due": due,
        "attempts": 0,
        "outcome": "pending",
    }


def delivery_of(row: Row) -> Delivery:
    return Delivery(
        serial=row["serial"],
        session_id=row["session_id"],
        url=row["url"],
        headers=decode(row["headers"]),
        payload=row["payload"].encode(),
        attempts=row["attempts"],
        due=row["due"],
    )


def logged_of(row: Row) -> LoggedDelivery:
    return LoggedDelivery(
        serial=row["serial"],
        session_id=row["session_id"],
        url=row["url"],
        payload=decode(row["payload"]),
        due=row["due"],
        outcome=row["outcome"],
        log=decode(row["log"]),
    )
