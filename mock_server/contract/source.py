"""One file of YAML or JSON, read strictly: what JSON could not say is refused, with its place."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ..problems.violations import json_pointer, quote

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the first is eight times as fast
_TAG = "tag:yaml.org,2002:"
_TEXTS = ("str", "timestamp")
_PLAIN = ("int", "float", "bool", "null")
_MOST_BYTES = 8 * 1024 * 1024
_MOST_VALUES = 200_000  # with each alias counted as what it stands for
_DEEPEST = 100
_LONGEST = 4300  # characters of a number, as in JSON: those of base 60 take their square
_MOST_DIRECTIVES = 100  # which libyaml compares with one another
_STEPS_SHOWN = 20  # steps to a place


class FixtureError(ValueError):
    """A file of the mock's own is unusable; the message names file, place, cause and cure."""

    def __init__(
        self, path: Path, reason: str, pointer: str | None = None, line: int | None = None
    ) -> None:
        if pointer is not None and line is None:
            line = read_source(path).line(_steps(pointer))
        place = "" if pointer is None else f", line {line}, at {pointer or '/'}"
        super().__init__(f"{path}{place}: {reason}")


class Source:
    """The value in a file, and on which line each part of it stands."""

    def __init__(self, path: Path, value: Any, lines: Mapping[int, Any], first: int) -> None:
        self.path = path
        self.value = value
        self.lines = lines
        self.first = first

    def line(self, steps: Iterable[str | int]) -> int:
        """The line of what these steps lead to; of the nearest that holds it, if absent."""
        value, line = self.value, self.first
        for step in steps:
            step = int(step) if isinstance(value, list) and str(step).isdigit() else step
            try:
                value, line = value[step], self.lines[id(value)][step]
            except (KeyError, IndexError, TypeError):
                break
        return line

    def error(self, steps: Sequence[str | int], reason: str) -> FixtureError:
        """What tells that a part of the file is wrong."""
        return FixtureError(self.path, reason, json_pointer(steps), self.line(steps))


def read_source(path: Path) -> Source:
    """Read a file. Raises FixtureError if that fails, or for anything that JSON could not say."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FixtureError(path, f"cannot be read ({error.strerror}); check the path") from None
    if len(raw) > _MOST_BYTES:
        raise FixtureError(path, f"is larger than {_MOST_BYTES} bytes")
    if raw.count(b"\n%") > _MOST_DIRECTIVES:
        raise FixtureError(path, f"has more than {_MOST_DIRECTIVES} lines that begin with %")
    try:
        return _Reader(path, raw).read()
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise FixtureError(path, f"is neither YAML nor JSON: {_words(error)}", "/", line) from None


class _Reader:
    """Follows the events of a parser, with a number for how much each value unfolds to."""

    def __init__(self, path: Path, raw: bytes) -> None:
        self.path = path
        self.loader = _LOADER(raw)
        self.anchors: dict[str, tuple[Any, int] | None] = {}
        self.lines: dict[int, Any] = {}
        self.place: list[str | int] = []

    def read(self) -> Source:
        self.loader.get_event()
        if self.loader.check_event(yaml.StreamEndEvent):
            return Source(self.path, None, {}, 1)
        self.loader.get_event()
        first = self.loader.peek_event().start_mark.line + 1
        value, _ = self.value()
        self.loader.get_event()
        if not self.loader.check_event(yaml.StreamEndEvent):
            raise self.error(self.loader.get_event(), "wanted one document, got a second one")
        return Source(self.path, value, self.lines, first)

    def error(self, event: Any, reason: str) -> FixtureError:
        place = json_pointer(self.place[:_STEPS_SHOWN])
        return FixtureError(self.path, reason, place, event.start_mark.line + 1)

    def value(self) -> tuple[Any, int]:
        """The value that comes next, and how many values it unfolds to."""
        event = self.loader.get_event()
        if isinstance(event, yaml.AliasEvent):
            known = self.anchors.get(str(event.anchor))
            if known is None:
                name = quote(str(event.anchor))
                raise self.error(event, f"the alias {name} stands for nothing, or holds itself")
            return known
        if len(self.place) > _DEEPEST:
            raise self.error(event, f"wanted at most {_DEEPEST} levels of nesting, got more")
        if event.anchor:
            self.anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            found: tuple[Any, int] = self.scalar(event), 1
        elif isinstance(event, yaml.SequenceStartEvent):
            found = self.sequence(event)
        else:
            found = self.mapping(event)
        if found[1] > _MOST_VALUES:
            raise self.error(event, f"unfolds to more than {_MOST_VALUES} values")
        if event.anchor:
            self.anchors[event.anchor] = found
        return found

    def scalar(self, event: Any) -> Any:
        tag = event.tag
        if tag is None or tag == "!":
            tag = self.loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        kind = str(tag).removeprefix(_TAG)
        if kind in _TEXTS:
            return event.value
        if kind not in _PLAIN:
            raise self.error(event, f"wanted what JSON has, got the tag {quote(tag)}")
        try:
            if len(event.value) > _LONGEST:
                raise ValueError
            value = self.loader.construct_object(yaml.ScalarNode(tag, event.value))
        except (ValueError, yaml.YAMLError):
            raise self.error(event, f"wanted what JSON has, got {quote(event.value)}") from None
        if value in (float("inf"), float("-inf")) or value != value:  # noqa: PLR0124 (NaN)
            raise self.error(event, f"wanted a number that JSON has, got {event.value}")
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def sequence(self, event: Any) -> tuple[list[Any], int]:
        self.check_tag(event, "seq")
        items: list[Any] = []
        size, lines = 1, []
        while not self.loader.check_event(yaml.SequenceEndEvent):
            self.place.append(len(items))
            lines.append(self.loader.peek_event().start_mark.line + 1)
            item, count = self.value()
            self.place.pop()
            items.append(item)
            size += count
        self.loader.get_event()
        self.lines[id(items)] = lines
        return items, size

    def mapping(self, event: Any) -> tuple[dict[str, Any], int]:
        self.check_tag(event, "map")
        members: dict[str, Any] = {}
        lines: dict[str, int] = {}
        merged: list[dict[str, Any]] = []
        size = 1
        while not self.loader.check_event(yaml.MappingEndEvent):
            key = self.loader.get_event()
            name = self.name(key)
            self.place.append(name)
            value, count = self.value()
            if name == "<<" and not key.style:
                merged += self.merged(key, value)
            elif name in members:
                raise self.error(key, f"wanted each member once, got {quote(name)} twice")
            else:
                members[name], lines[name] = value, key.start_mark.line + 1
            self.place.pop()
            size += count
        self.loader.get_event()
        for other in merged:
            for name in other:
                if name not in members:
                    members[name], lines[name] = other[name], self.lines[id(other)][name]
        self.lines[id(members)] = lines
        return members, size

    def name(self, key: Any) -> str:
        """The name of a member: a text, or digits, as of a status."""
        kind = ""
        if isinstance(key, yaml.ScalarEvent):
            tag = key.tag or self.loader.resolve(yaml.ScalarNode, key.value, key.implicit)
            kind = tag.removeprefix(_TAG)
        if kind not in ("str", "int", "merge"):
            name = quote(key.value) if isinstance(key, yaml.ScalarEvent) else "another value"
            raise self.error(key, f"wanted a text as the name of a member, got {name}; quote it")
        return str(key.value)

    def merged(self, key: Any, value: Any) -> list[dict[str, Any]]:
        """The objects that a merge key names, the first one winning."""
        objects = value if isinstance(value, list) else [value]
        if not all(isinstance(one, dict) for one in objects):
            raise self.error(key, "wanted an object, or a list of them, behind <<")
        return objects

    def check_tag(self, event: Any, kind: str) -> None:
        if event.tag not in (None, "!", _TAG + kind):
            raise self.error(event, f"wanted what JSON has, got the tag {quote(event.tag)}")


def _steps(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _words(error: Exception) -> str:
    cause = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return " ".join(str(cause).split())[:200]
