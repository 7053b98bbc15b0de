"""Hand-written checks of what clients send: each gives the values to work with, or refuses."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from . import instants
from .refusals import Fault, RefusedError, found_fault

Doc = dict[str, Any]
Choices = Mapping[str, str]
Check = Callable[[Any], str | None]
INT_MAX = 2**31 - 1
# The white space of a contract's `\S`, which is that of ECMAScript and not that of Python.
BLANK = re.compile("[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*")


def text(value: Any) -> str | None:
    return None if isinstance(value, str) else "should be text"


def filled(value: Any) -> str | None:
    return text(value) or (None if value else "should not be empty")


def spoken(value: Any) -> str | None:
    return text(value) or ("says nothing" if BLANK.fullmatch(value) else None)


def mapping(value: Any) -> str | None:
    return None if isinstance(value, dict) else "should be an object"


def texts(value: Any) -> str | None:
    good = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return None if good else "should be an array of texts"


def instant(value: Any) -> str | None:
    return text(value) or ("is no date-time" if instants.read(value) is None else None)


def whole(value: Any) -> str | None:
    good = isinstance(value, int) and not isinstance(value, bool)
    return None if good else "should be a whole number"


def between(low: int, high: int) -> Check:
    """A check for whole numbers from `low` to `high`."""

    def check(value: Any) -> str | None:
        return whole(value) or (None if low <= value <= high else f"lies outside {low} to {high}")

    return check


def at_most(length: int | str, least: int | str = 0) -> Check:
    """A check for texts of up to `length` characters, or of any length for ""."""

    def check(value: Any) -> str | None:
        if text(value) or (length != "" and len(value) > int(length)):
            return text(value) or f"is longer than {length}"
        return None if len(value) >= int(least) else f"is shorter than {least}"

    return check


def both(one: Check, other: Check) -> Check:
    """What the first check says, or else the second."""
    return lambda value: one(value) or other(value)


def among(words: str) -> Check:
    """A check for texts that are one of some, or for any for ""."""
    return lambda value: (
        text(value)
        or (None if not words or value in words.split(",") else f"should be one of {words}")
    )


def optional(check: Check) -> Check:
    """The same check, with null let through."""
    return lambda value: None if value is None else check(value)


def examine(place: str, given: Mapping[str, Any], checks: Mapping[str, Check]) -> list[Fault]:
    found = ((name, check(given[name])) for name, check in checks.items() if name in given)
    return [found_fault(place, name, f"{name} {wrong}") for name, wrong in found if wrong]


def members(body: Any, checks: Mapping[str, Check], needed: str, choices: Choices) -> Doc:
    """The body as a dict, once it has what is needed and all of it is in order."""
    if not isinstance(body, dict):
        faults = [found_fault("body", "", "the body should be an object")]
    else:
        faults = examine("body", body, checks)
        if needed and needed not in body:
            faults.append(found_fault("body", needed, f"{needed} is missing"))
    refuse_any(faults, choices)
    return dict(body)


def refuse_any(faults: list[Fault], choices: Choices) -> None:
    if faults:
        summary = "; ".join(fault["detail"] for fault in faults)
        raise RefusedError(choices["invalid"], f"Cannot work with that: {summary}.", faults)


def open_order(body: Any, choices: Choices) -> Doc:
    """What an open asks for, its ttl_seconds within the range."""
    clamps = choices["ttl"] == "clamp"
    low, high = int(choices["ttl_min"]), int(choices["ttl_max"])
    checks = {
        "agent_id": filled,
        "channel": optional(both(filled, among(choices["channels"]))),
        "external_id": optional(mapping),
        "ttl_seconds": optional(whole if clamps else between(low, high)),
        "additional_data": optional(mapping),
    }
    order = members(body, checks, "agent_id", choices)
    ttl = order.get("ttl_seconds")
    order["ttl_seconds"] = None if ttl is None else min(max(ttl, low), high)
    if order.get("channel") is None:
        order["channel"] = None if choices["no_channel"] == "null" else choices["channel_default"]
    return order


def turn_order(body: Any, choices: Choices) -> Doc:
    """What a turn says, its key None where it has none."""
    checks = {
        "content": both(spoken, at_most(choices["content_max"], choices["content_min"])),
        "idempotency_key": optional(
            at_most(choices["key_max"]) if choices["long_key"] == "reject" else text
        ),
        "additional_data": optional(mapping),
    }
    order = members(body, checks, "content", choices)
    key = order.get("idempotency_key")
    order["idempotency_key"] = None if key == "" and choices["empty_key"] == "absent" else key
    return order


def end_order(body: Any, choices: Choices) -> Doc:
    """The operator's note, if any."""
    return members(body, {"note": optional(at_most(choices["note_max"]))}, "", choices)


def search_order(body: Any, choices: Choices) -> Doc:
    """The filters of a search for call results, page and size filled in."""
    checks = {
        "page": between(0, INT_MAX),
        "size": between(1, int(choices["size_max"])),
        "callIds": optional(texts),
        "agentIds": optional(texts),
        "callStatuses": optional(texts),
        "fromDate": optional(instant),
        "toDate": optional(instant),
        "endpoint": optional(text),
        "additionalDataFilters": optional(mapping),
    }
    return {"page": 0, "size": int(choices["size_default"])} | members(body, checks, "", choices)


def list_query(query: Mapping[str, str], choices: Choices) -> Doc:
    """The filters and the page of a list, clamped where the choices say so."""
    given: Doc = {
        "state": choices["state_default"],
        "skip": 0,
        "take": int(choices["take_default"]),
    }
    given |= {name: value for name, value in query.items() if name in (*given, *FILTERS)}
    for name in ("skip", "take"):
        given[name] = number(given[name])
    if isinstance(given["take"], int):
        given["take"] = clamped(given["take"], choices)
    checks = {
        "state": among(f"active,{choices['final']},all"),
        "updated_after": instant,
        "skip": between(0, INT_MAX),
        "take": between(1, int(choices["take_max"])),
    }
    refuse_any(examine("query", given, checks), choices)
    return given


FILTERS = ("agent_id", "channel", "updated_after")


def number(value: str | int) -> str | int:
    """A decimal text as a number, of which 18 digits are enough to tell that it is too large."""
    return (
        int(value[:18])
        if re.fullmatch("-?[0-9]+", str(value)) and isinstance(value, str)
        else value
    )


def clamped(take: int, choices: Choices) -> int:
    if choices["large_take"] == "clamp":
        take = min(take, int(choices["take_max"]))
    return max(take, 1) if choices["low_take"] == "clamp" else take
