"""Request patterns, as WireMock writes them, matched against the journal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import orjson

from ..codec import decode
from ..problems.violations import json_pointer
from ..sandbox.journal import Entry

__all__ = ["find_bad_pattern", "matches"]

_MOST_STEPS = 2_000  # of a compiled expression; each may look at every byte of a text
_Tests = Mapping[str, Callable[[Any, str], bool]]


def matches(pattern: Mapping[str, Any], entry: Entry) -> bool:
    """Whether an exchange fits every part of a pattern that has been checked."""
    request = entry.document()["request"]
    facts: dict[str, Callable[[Any], object]] = {
        "method": lambda value: value in ("ANY", entry.method),
        "url": lambda value: value == entry.url,
        "urlPath": lambda value: value == entry.path,
        "urlPattern": lambda value: _compile(value).fullmatch(entry.url),
        "urlPathPattern": lambda value: _compile(value).fullmatch(entry.path),
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
    """Where and why a part of a pattern is no regular expression that is taken, or None."""
    import re2

    for pointer, text in _expressions(pattern):
        try:
            steps = _compile(text).programsize
        except re2.error as error:
            reason = error.args[0].decode()
            return (
                pointer,
                f"wanted a regular expression as RE2 has them, got {reason}{_cure(reason)}",
            )
        if steps > _MOST_STEPS:
            return pointer, f"wanted {_MOST_STEPS} steps at most, got {steps}; repeat less in it"
    return None


def _expressions(pattern: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every regular expression of a pattern with its pointer."""
    for name in ("urlPattern", "urlPathPattern"):
        if name in pattern:
            yield f"/{name}", pattern[name]
    tests = [
        ([part, name], test)
        for part in ("headers", "queryParameters")
        for name, test in pattern.get(part, {}).items()
    ]
    for number, test in enumerate(pattern.get("bodyPatterns", ())):
        tests.append((["bodyPatterns", str(number)], test))
    for path, test in tests:
        if "matches" in test:
            yield json_pointer([*path, "matches"]), test["matches"]


def _compile(text: str) -> Any:
    """The expression, which RE2 keeps: its time grows with the text and no faster."""
    import re2

    options = re2.Options()
    options.dot_nl, options.log_errors = True, False
    return re2.compile(text, options)


def _cure(reason: str) -> str:
    if "invalid perl operator" in reason:
        return "; it has no look-around: match the whole text instead"
    return "; it has no backreferences, and the end is \\z" if "escape" in reason else ""


_TESTS: _Tests = {
    "equalTo": lambda wanted, text: wanted == text,
    "contains": lambda wanted, text: wanted in text,
    "matches": lambda wanted, text: _compile(wanted).fullmatch(text) is not None,
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
