"""A sandbox's state as a JSON document that people can read, write and keep in a file."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..codec import decode
from ..domain.chats import external_hash
from ..domain.instants import format_instant, parse_instant
from ..domain.lifecycle import Lifecycle
from ..domain.records import Rows
from ..domain.result import Result
from ..domain.session import Message, Session
from ..store.rows import (
    dump,
    members_of,
    members_text,
    message_of,
    message_rows,
    result_row,
    session_of,
)

_Row = Mapping[str, Any]


def document_of(rows: Rows) -> dict[str, Any]:
    """The document that tells what the rows of a sandbox hold."""
    messages = _grouped(rows["messages"], "session_id")
    replies = _grouped(rows["replies"], "session_id")
    return {
        "version": 1,
        "sessions": [
            _session(row, messages.get(row["id"], []), replies.get(row["id"], []))
            for row in rows["sessions"]
        ],
        "call_results": [
            {"visible_time": _text(row["visible"]), "result": decode(row["document"])}
            for row in rows["call_results"]
        ],
        "audit": [{**row, "time": _text(row["time"])} for row in rows["audit"]],
        "deliveries": [_delivery(row) for row in rows["outbox"]],
    }


def rows_of(document: Mapping[str, Any], lifecycle: Lifecycle, result: Result) -> Rows:
    """The rows that a sound document tells of, whose call results have these names."""
    rows: Rows = {"sessions": [], "messages": [], "replies": []}
    for session in document["sessions"]:
        rows["sessions"].append(_session_row(session, lifecycle))
        rows["messages"] += message_rows(_id(session), 0, _messages(session))
        rows["replies"] += [{"session_id": _id(session), **r} for r in session.get("replies", [])]
    rows["call_results"] = [_result_row(row, result) for row in document.get("call_results", [])]
    rows["audit"] = [
        {**row, "time": parse_instant(row["time"])} for row in document.get("audit", [])
    ]
    rows["outbox"] = [_delivery_row(row) for row in document.get("deliveries", [])]
    return rows


def sessions_of(rows: Rows) -> Iterator[Session]:
    """The sessions of a document's rows, in its order."""
    messages = _grouped(rows["messages"], "session_id")
    for row in rows["sessions"]:
        yield session_of(row, tuple(map(message_of, messages.get(row["id"], []))))


def endpoint_hash(session: _Row) -> str | None:
    """What stands for the external_id of a document's session."""
    given: str | None = session.get("external_hash")
    return given or external_hash(session.get("external_id"))


def message_times(session: _Row) -> list[str]:
    """When the messages of a document's session were said: one without a time, with the last."""
    times = [session["created_time"]]
    for message in session.get("messages", []):
        times.append(message.get("time", times[-1]))
    return times[1:]


def _session(row: _Row, messages: list[_Row], replies: list[_Row]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "agent_id": row["agent_id"],
        "channel": row["channel"],
        "external_hash": row["external_hash"],
        "ttl_seconds": row["ttl_seconds"],
        "additional_data": decode(row["additional_data"]),
        "members": members_of(row["members"]),
        "created_time": _text(row["created"]),
        "last_activity": _text(row["last_activity"]),
        "state": row["state"],
        "final_reason": row["final_reason"],
        "finished_time": _text(row["finished"]),
        "cursor": row["cursor"],
        "messages": [_message(message) for message in messages],
        "replies": [{key: r[key] for key in ("key", "first", "last", "state")} for r in replies],
    }


def _message(row: _Row) -> dict[str, Any]:
    calls = row["tool_calls"]
    message = {"role": row["role"], "content": row["content"], "time": _text(row["time"])}
    return {**message, "tool_calls": decode(calls)} if calls else message


def _delivery(row: _Row) -> dict[str, Any]:
    parsed = {name: decode(row[name]) for name in ("headers", "payload", "log")}
    return {**row, **parsed, "due": _text(row["due"])}


def _session_row(session: _Row, lifecycle: Lifecycle) -> dict[str, Any]:
    created = parse_instant(session["created_time"])
    latest = parse_instant(_last_activity(session))
    final = session.get("final_reason") is not None
    finished = session.get("finished_time") or (session.get("last_activity") if final else None)
    ttl = session.get("ttl_seconds")
    state = session.get("state") or (lifecycle.finals[0] if final else lifecycle.initial)
    return {
        "id": _id(session),
        "agent_id": session["agent_id"],
        "channel": session.get("channel", "web"),
        "external_hash": endpoint_hash(session),
        "ttl_seconds": ttl,
        "additional_data": dump(session.get("additional_data", {})),
        "members": members_text(session.get("members", {})),
        "created": created,
        "last_activity": latest,
        "expires": None if final or ttl is None else latest + ttl * 1_000_000,
        "cursor": session.get("cursor", 0),
        "message_count": len(session.get("messages", [])),
        "state": state,
        "holds": state in lifecycle.holding,
        "final_reason": session.get("final_reason"),
        "finished": (parse_instant(finished) if finished else latest) if final else None,
    }


def _last_activity(session: _Row) -> str:
    times = message_times(session)
    given: str = session.get("last_activity", times[-1] if times else session["created_time"])
    return given


def _messages(session: _Row) -> list[Message]:
    return [
        Message(raw["role"], raw.get("content"), parse_instant(time), raw.get("tool_calls"))
        for raw, time in zip(session.get("messages", []), message_times(session), strict=True)
    ]


def _result_row(row: _Row, names: Result) -> dict[str, Any]:
    result = row["result"]
    completed = parse_instant(result[names.names["completed"]])
    visible = completed if row.get("visible_time") is None else parse_instant(row["visible_time"])
    id = result[names.names["identity"]].lower()
    return result_row(id, result, names.columns(result), completed, visible)


def _delivery_row(row: _Row) -> dict[str, Any]:
    due = row.get("due")
    return {
        "attempts": 0,
        "outcome": "pending",
        **row,
        "headers": dump(row.get("headers", {})),
        "payload": dump(row["payload"]),
        "log": dump(row.get("log", [])),
        "due": None if due is None else parse_instant(due),
    }


def _grouped(rows: Iterable[_Row], key: str) -> dict[str, list[_Row]]:
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def _id(session: _Row) -> str:
    return str(session["id"]).lower()


def _text(instant: int | None) -> str | None:
    return None if instant is None else format_instant(instant, "micro")
