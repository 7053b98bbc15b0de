"""Request patterns, as WireMock writes them, matched against the journal."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import orjson

from mock_server.journal import Entry

__all__ = ["find_bad_pattern", "matches"]

_Tests = Mapping[str, Callable[[Any, str], bool]]


def matches(pattern: Mapping[str, Any], entry: Entry) -> bool:
    """Whether an exchange fits every part of a pattern that has been checked."""
    request = entry.document()["request"]
    facts: dict[str, Callable[[Any], object]] = {
        "method": lambda value: value in ("ANY", entry.method),
        "url": lambda value: value == entry.url,
        "urlPath": lambda value: value == entry.path,
        "urlPattern": lambda value: re.fullmatch(value, entry.url),
        "urlPathPattern": lambda value: re.fullmatch(value, entry.path),
        "operationId": lambda value: value == entry.operation,
        "status": lambda value: value == entry.status,
        "headers": lambda tests: _all_hold(
            tests, {name: [value] for name, value in request["headers"].items()}, str.lower
        ),
        "queryParameters": lambda tests: _all_hold(
            tests, parse_qs(entry.query.decode("latin-1"), keep_blank_values=True)
        ),
        "bodyPatterns": lambda tests: all(
            not request["body"] if "absent" in test else _holds(test, [request["body"]])
            for test in tests
        ),
    }
    return all(facts[name](value) for name, value in pattern.items())


def find_bad_pattern(pattern: Mapping[str, Any]) -> tuple[str, str] | None:
    """Where and why a part of a pattern is no regular expression, or None."""
    texts = {f"/{name}": pattern.get(name) for name in ("urlPattern", "urlPathPattern")}
    for part in ("headers", "queryParameters"):
        for name, test in pattern.get(part, {}).items():
            texts[f"/{part}/{name}/matches"] = test.get("matches")
    for number, test in enumerate(pattern.get("bodyPatterns", ())):
        texts[f"/bodyPatterns/{number}/matches"] = test.get("matches")
    for pointer, text in texts.items():
        try:
            re.compile(text or "")
        except (re.error, OverflowError, RecursionError) as error:
            return pointer, f"wanted a regular expression: {error}"
    return None


_TESTS: _Tests = {
    "equalTo": lambda wanted, text: wanted == text,
    "contains": lambda wanted, text: wanted in text,
    "matches": lambda wanted, text: re.fullmatch(wanted, text, re.DOTALL) is not None,
    "equalToJson": lambda wanted, text: _json(text) == _wanted_json(wanted),
}


def _all_hold(
    tests: Mapping[str, Mapping[str, Any]],
    given: Mapping[str, Sequence[str]],
    fold: Callable[[str], str] = str,
) -> bool:
    return all(_holds(test, given.get(fold(name), ())) for name, test in tests.items())


def _holds(test: Mapping[str, Any], texts: Sequence[str]) -> bool:
    """Whether one of the texts fits, or there is none where none is wanted."""
    if "absent" in test:
        return not texts
    return any(all(_TESTS[name](value, text) for name, value in test.items()) for text in texts)


def _wanted_json(wanted: Any) -> list[Any]:
    """A JSON value, or one written as a text; what is no JSON stands for itself."""
    return (isinstance(wanted, str) and _json(wanted)) or [wanted]


def _json(text: str) -> list[Any]:
    try:
        return [orjson.loads(text)]
    except orjson.JSONDecodeError:
        return []
