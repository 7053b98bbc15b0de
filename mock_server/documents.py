"""A sandbox's state as a JSON document that people can read, write and keep in a file."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from mock_server.chats import external_hash
from mock_server.instants import EARLIEST, LATEST, format_instant, parse_instant
from mock_server.rows import Image, dump

__all__ = ["document_of", "find_fault", "image_of"]

_Row = Mapping[str, Any]
_TIMES = {
    "sessions": ("created_time", "last_activity", "finished_time"),
    "call_results": ("visible_time",),
    "audit": ("time",),
    "deliveries": ("due",),
}


def document_of(image: Image) -> dict[str, Any]:
    """The document that tells what an image of the tables holds."""
    messages = _grouped(image["messages"], "session_id")
    replies = _grouped(image["replies"], "session_id")
    sessions = sorted(image["sessions"], key=lambda row: row["activity"])
    return {
        "version": 1,
        "sessions": [
            _session(row, messages.get(row["id"], []), replies.get(row["id"], []))
            for row in sessions
        ],
        "call_results": [
            {"visible_time": _text(row["visible"]), "result": orjson.loads(row["document"])}
            for row in sorted(image["call_results"], key=lambda row: row["serial"])
        ],
        "audit": [{**row, "time": _text(row["time"])} for row in image["audit"]],
        "deliveries": [_delivery(row) for row in image["outbox"]],
    }


def find_fault(document: Mapping[str, Any], agents: Iterable[str]) -> tuple[str, str] | None:
    """Where and why a document that fits its schema cannot be the state, or None."""
    ids: set[str] = set()
    endpoints: set[tuple[str, str]] = set()
    for number, session in enumerate(document["sessions"]):
        place = f"/sessions/{number}"
        if session["agent_id"] not in agents:
            return f"{place}/agent_id", f"there is no agent {session['agent_id']!r}; load it first"
        if session["id"].lower() in ids:
            return f"{place}/id", "another session has this id; ids are unique"
        ids.add(session["id"].lower())
        if twice := _repeated(reply["key"] for reply in session.get("replies", [])):
            return f"{place}/replies", f"the key {twice!r} has two replies; keep one"
        endpoint = (session.get("channel", "web"), _hash(session) or "")
        if endpoint[1] and session.get("final_reason") is None:
            if endpoint in endpoints:
                return f"{place}/channel", "its endpoint has an active session; end one of them"
            endpoints.add(endpoint)
    results = document.get("call_results", [])
    if twice := _repeated(row["result"].get("callId", "").lower() for row in results):
        return "/call_results", f"two results have the callId {twice!r}; keep one"
    for pointer, text in _instants(document):
        if not EARLIEST <= parse_instant(text) <= LATEST:
            return pointer, f"wanted a time within the years 1 to 9998, got {text!r}"
    return None


def image_of(document: Mapping[str, Any], serial: int) -> Image:
    """The image of the tables that a sound document tells of; serials count from `serial`."""
    image: Image = {"sessions": [], "messages": [], "replies": []}
    for session in document["sessions"]:
        serial += 1
        image["sessions"].append(_session_row(session, serial))
        image["messages"] += _message_rows(session)
        image["replies"] += [{"session_id": _id(session), **r} for r in session.get("replies", [])]
    results = document.get("call_results", [])
    image["call_results"] = [_result_row(row, serial + n) for n, row in enumerate(results, 1)]
    image["audit"] = [
        {**row, "time": parse_instant(row["time"])} for row in document.get("audit", [])
    ]
    image["outbox"] = [_delivery_row(row) for row in document.get("deliveries", [])]
    return image


def _session(row: _Row, messages: list[_Row], replies: list[_Row]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "agent_id": row["agent_id"],
        "channel": row["channel"],
        "external_hash": row["external_hash"],
        "ttl_seconds": row["ttl_seconds"],
        "additional_data": orjson.loads(row["additional_data"]),
        "created_time": _text(row["created"]),
        "last_activity": _text(row["last_activity"]),
        "final_reason": row["final_reason"],
        "finished_time": _text(row["finished"]),
        "cursor": row["cursor"],
        "messages": [_message(message) for message in messages],
        "replies": [{key: r[key] for key in ("key", "first", "last", "state")} for r in replies],
    }


def _message(row: _Row) -> dict[str, Any]:
    calls = row["tool_calls"]
    message = {"role": row["role"], "content": row["content"], "time": _text(row["time"])}
    return {**message, "tool_calls": orjson.loads(calls)} if calls else message


def _delivery(row: _Row) -> dict[str, Any]:
    parsed = {name: orjson.loads(row[name]) for name in ("headers", "payload", "log")}
    return {**row, **parsed, "due": _text(row["due"])}


def _session_row(session: _Row, serial: int) -> dict[str, Any]:
    created = parse_instant(session["created_time"])
    latest = parse_instant(session.get("last_activity", session["created_time"]))
    final = session.get("final_reason") is not None
    finished = session.get("finished_time") or (session.get("last_activity") if final else None)
    ttl = session.get("ttl_seconds")
    return {
        "id": _id(session),
        "agent_id": session["agent_id"],
        "channel": session.get("channel", "web"),
        "external_hash": _hash(session),
        "ttl_seconds": ttl,
        "additional_data": dump(session.get("additional_data", {})),
        "created": created,
        "last_activity": latest,
        "activity": serial,
        "expires": None if final or ttl is None else latest + ttl * 1_000_000,
        "cursor": session.get("cursor", 0),
        "message_count": len(session.get("messages", [])),
        "is_final": final,
        "final_reason": session.get("final_reason"),
        "finished": (parse_instant(finished) if finished else latest) if final else None,
    }


def _message_rows(session: _Row) -> list[dict[str, Any]]:
    return [
        {
            "session_id": _id(session),
            "position": position,
            "role": message["role"],
            "content": message.get("content"),
            "tool_calls": dump(message["tool_calls"]) if message.get("tool_calls") else None,
            "time": parse_instant(message.get("time", session["created_time"])),
        }
        for position, message in enumerate(session.get("messages", []))
    ]


def _result_row(row: _Row, serial: int) -> dict[str, Any]:
    result = row["result"]
    completed = parse_instant(result["completedTime"])
    visible = row.get("visible_time")
    return {
        "call_id": result["callId"].lower(),
        "agent_id": result["agentId"],
        "status": result["callStatus"],
        "endpoint": result.get("endpoint"),
        "completed": completed,
        "visible": completed if visible is None else parse_instant(visible),
        "serial": serial,
        "document": dump(result),
    }


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


def _instants(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every instant of a document with its pointer."""
    for part, members in _TIMES.items():
        for number, row in enumerate(document.get(part, [])):
            for member in members:
                if row.get(member) is not None:
                    yield f"/{part}/{number}/{member}", row[member]
    for number, session in enumerate(document["sessions"]):
        for position, message in enumerate(session.get("messages", [])):
            if "time" in message:
                yield f"/sessions/{number}/messages/{position}/time", message["time"]
    for number, row in enumerate(document.get("call_results", [])):
        if "completedTime" in row["result"]:
            place = f"/call_results/{number}/result/completedTime"
            yield place, row["result"]["completedTime"]


def _repeated(values: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None


def _grouped(rows: Iterable[_Row], key: str) -> dict[str, list[_Row]]:
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def _id(session: _Row) -> str:
    return str(session["id"]).lower()


def _hash(session: _Row) -> str | None:
    given: str | None = session.get("external_hash")
    return given or external_hash(session.get("external_id"))


def _text(instant: int | None) -> str | None:
    return None if instant is None else format_instant(instant, "micro")
