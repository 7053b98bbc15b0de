"""One file of a contract: its value, as strictly as JSON has it, and the line of each part."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .pointer import pointer
from .words import Steps, quoted

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the first is eight times as fast
CORE = "tag:yaml.org,2002:"
LARGEST_FILE = 8 * 1024 * 1024  # bytes
MOST_VALUES = 200_000  # each alias counted as what it stands for
DEEPEST = 100
LONGEST = 4300  # characters of a number, as in JSON: those of base 60 take their square
MOST_DIRECTIVES = 100  # which libyaml compares with one another
TOLD = 20  # steps to a place

Sized = tuple[Any, int]  # a value, and how many values it unfolds to


class ContractError(Exception):
    """The contract cannot be read, or says what is not executed; one line says where and why."""


class Source:
    """A file that was read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.raw = _content(path)
        parser = Parser(path, self.raw)
        try:
            self.value = parser.document()
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            reason = f"is neither YAML nor JSON: {_cause(error)}"
            raise _error(path, mark.line + 1 if mark else 1, (), reason) from error
        self.lines = parser.lines
        self.first = parser.first

    def line(self, steps: Steps) -> int:
        """The line of a part, or of the nearest one around it."""
        value, line = self.value, self.first
        for step in steps:
            known = self.lines.get(id(value), {})
            if step not in known:
                break
            value, line = value[step], known[step]
        return line

    def error(self, steps: Steps, reason: str) -> ContractError:
        return _error(self.path, self.line(steps), steps, reason)


class Parser:
    """Makes a value of the events of a YAML parser, which sets no limits of its own."""

    def __init__(self, path: Path, raw: bytes) -> None:
        self.path = path
        self.events: Iterator[Any] = yaml.parse(raw, Loader=LOADER)
        self.resolver = LOADER(b"")
        self.anchors: dict[str, Sized | None] = {}
        self.lines: dict[int, dict[Any, int]] = {}  # by the id of a list or an object
        self.first = 1

    def document(self) -> Any:
        begun = (event for event in self.events if isinstance(event, yaml.DocumentStartEvent))
        if next(begun, None) is None:
            return None
        event = next(self.events)
        self.first = event.start_mark.line + 1
        found, _ = self.value((), event)
        if second := next(begun, None):
            raise self.error((), second, "wanted one document, got a second one")
        return found

    def error(self, steps: Steps, event: Any, reason: str) -> ContractError:
        return _error(self.path, event.start_mark.line + 1, steps[:TOLD], reason)

    def beyond_json(self, steps: Steps, event: Any, got: str) -> ContractError:
        return self.error(steps, event, f"wanted what JSON has, got {got}")

    def value(self, steps: Steps, event: Any) -> Sized:
        """The value that an event begins."""
        if isinstance(event, yaml.AliasEvent):
            return self.alias(steps, event)
        if len(steps) > DEEPEST:
            reason = f"wanted at most {DEEPEST} levels of nesting, got more"
            raise self.error(steps, event, reason)
        if event.anchor:
            self.anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            found: Sized = self.scalar(steps, event), 1
        else:
            found = self.container(steps, event)
        if found[1] > MOST_VALUES:
            raise self.error(steps, event, f"unfolds to more than {MOST_VALUES} values")
        if event.anchor:
            self.anchors[event.anchor] = found
        return found

    def alias(self, steps: Steps, event: Any) -> Sized:
        if known := self.anchors.get(event.anchor):
            return known
        name = quoted(event.anchor)
        raise self.error(steps, event, f"the alias {name} stands for nothing, or holds itself")

    def container(self, steps: Steps, event: Any) -> Sized:
        listed = isinstance(event, yaml.SequenceStartEvent)
        if event.tag not in (None, "!", CORE + ("seq" if listed else "map")):
            raise self.beyond_json(steps, event, f"the tag {quoted(event.tag)}")
        return self.items(steps) if listed else self.members(steps)

    def scalar(self, steps: Steps, event: Any) -> Any:
        kind = self.kind(event)
        if kind in ("str", "timestamp"):
            return event.value
        if kind not in ("int", "float", "bool", "null"):
            raise self.beyond_json(steps, event, f"the tag {quoted(event.tag)}")
        try:
            if len(event.value) > LONGEST:
                raise ValueError
            value = self.resolver.construct_object(yaml.ScalarNode(CORE + kind, event.value))
        except (ValueError, yaml.YAMLError):
            raise self.beyond_json(steps, event, quoted(event.value)) from None
        if isinstance(value, float) and not math.isfinite(value):
            raise self.error(steps, event, f"wanted a number that JSON has, got {event.value}")
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def kind(self, event: Any) -> str:
        tag = event.tag
        if tag in (None, "!"):
            tag = self.resolver.resolve(yaml.ScalarNode, event.value, event.implicit)
        return str(tag).removeprefix(CORE)

    def items(self, steps: Steps) -> Sized:
        found: list[Any] = []
        lines: dict[int, int] = {}
        size = 1
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            lines[len(found)] = event.start_mark.line + 1
            value, count = self.value((*steps, len(found)), event)
            found.append(value)
            size += count
        self.lines[id(found)] = lines
        return found, size

    def members(self, steps: Steps) -> Sized:
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        merged: list[dict[str, Any]] = []
        size = 1
        while not isinstance(key := next(self.events), yaml.MappingEndEvent):
            name = self.name(steps, key)
            place = (*steps, name)
            value, count = self.value(place, next(self.events))
            size += count
            if name == "<<" and not key.style:
                merged += self.objects(place, key, value)
            elif name in found:
                raise self.error(place, key, f"wanted each member once, got {quoted(name)} twice")
            else:
                found[name], lines[name] = value, key.start_mark.line + 1
        for one in merged:
            for name in one.keys() - found.keys():
                found[name], lines[name] = one[name], self.lines[id(one)][name]
        self.lines[id(found)] = lines
        return found, size

    def name(self, steps: Steps, key: Any) -> str:
        """The name of a member: a text, or digits, as of a status."""
        scalar = isinstance(key, yaml.ScalarEvent)
        if scalar and self.kind(key) in ("str", "int", "merge"):
            return str(key.value)
        name = quoted(key.value) if scalar else "another value"
        raise self.error(steps, key, f"wanted a text as the name of a member, got {name}; quote it")

    def objects(self, steps: Steps, key: Any, value: Any) -> list[dict[str, Any]]:
        found = value if isinstance(value, list) else [value]
        if not all(isinstance(one, dict) for one in found):
            raise self.error(steps, key, "wanted an object, or a list of them, behind <<")
        return found


def _error(path: Path, line: int, steps: Steps, reason: str) -> ContractError:
    return ContractError(f"{path}, line {line}, at {pointer(steps) or '/'}: {reason}")


def _content(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if len(raw) > LARGEST_FILE:
        raise ContractError(f"{path}: is larger than {LARGEST_FILE} bytes")
    if raw.count(b"\n%") > MOST_DIRECTIVES:
        raise ContractError(f"{path}: has more than {MOST_DIRECTIVES} lines that begin with %")
    return raw


def _cause(error: Exception) -> str:
    cause = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return " ".join(str(cause).split())[:200]
