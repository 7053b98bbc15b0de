"""Request patterns, as WireMock writes them, matched against the journal."""

import re
from collections.abc import Callable, Mapping
from typing import Any

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
        "headers": lambda tests: all(
            _holds(test, request["headers"].get(name.lower())) for name, test in tests.items()
        ),
        "bodyPatterns": lambda tests: all(_holds(test, request["body"]) for test in tests),
    }
    return all(facts[name](value) for name, value in pattern.items())


def find_bad_pattern(pattern: Mapping[str, Any]) -> tuple[str, str] | None:
    """Where and why a part of a pattern is no regular expression, or None."""
    texts = {f"/{name}": pattern.get(name) for name in ("urlPattern", "urlPathPattern")}
    for name, test in pattern.get("headers", {}).items():
        texts[f"/headers/{name}/matches"] = test.get("matches")
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
    "equalToJson": lambda wanted, text: _json(text) == [wanted],
}


def _holds(test: Mapping[str, Any], text: str | None) -> bool:
    return text is not None and all(_TESTS[name](value, text) for name, value in test.items())


def _json(text: str) -> list[Any]:
    try:
        return [orjson.loads(text)]
    except orjson.JSONDecodeError:
        return []
