"""Request patterns, as WireMock writes them, matched against the journal."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import orjson

from ..codec import decode
from ..contract.schemas import expression
from ..sandbox.journal import Entry

_Tests = Mapping[str, Callable[[Any, str], bool]]


def matches(pattern: Mapping[str, Any], entry: Entry) -> bool:
    """Whether an exchange fits every part of a pattern that has been checked."""
    request = entry.document()["request"]
    facts: dict[str, Callable[[Any], object]] = {
        "method": lambda value: value in ("ANY", entry.method),
        "url": lambda value: value == entry.url,
        "urlPath": lambda value: value == entry.path,
        "urlPattern": lambda value: expression(value).is_valid(entry.url),
        "urlPathPattern": lambda value: expression(value).is_valid(entry.path),
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


_TESTS: _Tests = {
    "equalTo": lambda wanted, text: wanted == text,
    "contains": lambda wanted, text: wanted in text,
    "matches": lambda wanted, text: expression(wanted).is_valid(text),
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
        return [decode(text)]
    except orjson.JSONDecodeError:
        return []
