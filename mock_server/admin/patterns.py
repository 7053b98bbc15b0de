"""Request patterns, as WireMock writes them, matched against the journal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

import orjson
from jsonschema_rs import Draft7Validator, RegexOptions, ValidationError

from ..codec import decode
from ..problems.violations import json_pointer, quote
from ..sandbox.journal import Entry

_LONGEST = 1_000  # characters of an expression
_LARGEST = 64 * 1024  # bytes of it once it is compiled
_Tests = Mapping[str, Callable[[Any, str], bool]]


def matches(pattern: Mapping[str, Any], entry: Entry) -> bool:
    """Whether an exchange fits every part of a pattern that has been checked."""
    request = entry.document()["request"]
    facts: dict[str, Callable[[Any], object]] = {
        "method": lambda value: value in ("ANY", entry.method),
        "url": lambda value: value == entry.url,
        "urlPath": lambda value: value == entry.path,
        "urlPattern": lambda value: _compile(value).is_valid(entry.url),
        "urlPathPattern": lambda value: _compile(value).is_valid(entry.path),
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
    for pointer, text in _expressions(pattern):
        if len(text) > _LONGEST:
            return pointer, f"wanted at most {_LONGEST} characters, got {len(text)}"
        try:
            _compile(text)
        except (ValidationError, ValueError):
            wanted = "wanted a regular expression of ECMAScript, without look-around and "
            return pointer, f"{wanted}backreferences and with few repetitions, got {quote(text)}"
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


@lru_cache(maxsize=100)
def _compile(text: str) -> Draft7Validator:
    """What holds for a text that an expression fits as a whole.

    The validator's engine takes a time that grows with the text and no faster.
    """
    options = RegexOptions(size_limit=_LARGEST)
    Draft7Validator({"pattern": text}, pattern_options=options)  # on its own, or )|( would do
    return Draft7Validator({"pattern": f"^(?s:{text})$"}, pattern_options=options)


_TESTS: _Tests = {
    "equalTo": lambda wanted, text: wanted == text,
    "contains": lambda wanted, text: wanted in text,
    "matches": lambda wanted, text: _compile(wanted).is_valid(text),
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
