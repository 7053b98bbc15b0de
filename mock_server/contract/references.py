"""A contract whose references are followed, in its file and to others of the same folder."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ..problems.violations import quote
from .source import FixtureError, Source, read_source

Steps = tuple[str | int, ...]

# What stands below these is a value, in which a $ref is a member like any other.
_VALUES = frozenset(["default", "enum", "example", "value"])
# Below these stand names that the author has given, whatever words they are.
_NAMES = frozenset(
    [
        *("examples", "headers", "links", "parameters", "paths", "properties", "requestBodies"),
        *("responses", "schemas", "securitySchemes", "x-webhooks"),
    ]
)
_BESIDE = re.compile(r"(\./)?[^/\\:]+")
_MOST_VALUES = 200_000


class Resolved:
    """The document without references, and where each of its parts was written."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.sources = {source.path: source}
        self.known: dict[tuple[Path, Steps], Any] = {}
        self.open: list[tuple[Path, Steps]] = []
        self.sizes: dict[int, int] = {}
        self.document = self._plain(source, source.value, (), names=False)

    @property
    def files(self) -> tuple[Path, ...]:
        """The file itself and those that it refers to."""
        return tuple(self.sources)

    def error(self, steps: Steps, reason: str, is_name: bool = False) -> FixtureError:
        """What tells that a part of the document is wrong, or its name, where that was written."""
        source, written = self.origin(steps, is_name)
        return source.error(written, reason)

    def position(self, steps: Steps, is_name: bool = False) -> tuple[int, int]:
        """What orders parts as they were written: the file's number and the line."""
        source, written = self.origin(steps, is_name)
        return self.files.index(source.path), source.line(written)

    def origin(self, steps: Steps, is_name: bool = False) -> tuple[Source, Steps]:
        """The file and the place that a part of the document, or its name, comes from."""
        source, value = self.source, self.source.value
        written: Steps = ()
        for step in steps:
            source, value, written = self._target(source, value, written)
            value = _child(value, step)
            written = (*written, step)
        if not is_name:
            source, _, written = self._target(source, value, written)
        return source, written

    def _target(self, source: Source, value: Any, at: Steps) -> tuple[Source, Any, Steps]:
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            source, value, at = self._found(source, value["$ref"], (*at, "$ref"))
        return source, value, at

    def _plain(self, source: Source, value: Any, at: Steps, *, names: bool) -> Any:
        """The value with each reference replaced by what it leads to."""
        if isinstance(value, list):
            items = [self._plain(source, v, (*at, n), names=False) for n, v in enumerate(value)]
            return self._counted(source, at, items, items)
        if not isinstance(value, dict):
            return value
        if not names and isinstance(value.get("$ref"), str):
            return self._followed(source, value, at)
        for name in () if names else _VALUES & value.keys():
            _check_value(source, value[name], (*at, name))
        members = {
            name: member
            if not names and name in _VALUES
            else self._plain(source, member, (*at, name), names=not names and name in _NAMES)
            for name, member in value.items()
        }
        return self._counted(source, at, members, members.values())

    def _followed(self, source: Source, value: dict[str, Any], at: Steps) -> Any:
        for name in value.keys() - {"$ref"}:
            wanted = "wanted nothing beside a $ref, as it would have no effect"
            raise source.error((*at, name), f"{wanted}, got {quote(name)}")
        place = (*at, "$ref")
        target, found, steps = self._found(source, value["$ref"], place)
        key = target.path, steps
        if key in self.open:
            raise source.error(place, f"{quote(value['$ref'])} leads back to itself")
        if key not in self.known:
            self.open.append(key)
            self.known[key] = self._plain(target, found, steps, names=False)
            self.open.pop()
        return self.known[key]

    def _found(self, source: Source, reference: str, at: Steps) -> tuple[Source, Any, Steps]:
        """Where a reference leads to, and what stands there."""
        file, _, fragment = map(unquote, reference.partition("#"))
        if file and not _BESIDE.fullmatch(file):
            wanted = "wanted a place in this file or in one beside it"
            raise source.error(
                at, f"{wanted}, such as #/components/schemas/Message, got {quote(reference)}"
            )
        target = self._beside(source, file, at) if file else source
        value: Any = target.value
        steps: Steps = ()
        for part in fragment.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            step = int(name) if isinstance(value, list) and name.isdigit() else name
            value = _child(value, step)
            steps = (*steps, step)
        if value is None or fragment[:1] not in ("", "/"):
            raise source.error(at, f"there is nothing at {quote(reference)}")
        return target, value, steps

    def _beside(self, source: Source, file: str, at: Steps) -> Source:
        path = source.path.parent / file
        if path not in self.sources:
            if not path.is_file():
                raise source.error(at, f"there is no file {quote(file)} beside this one")
            self.sources[path] = read_source(path)
        return self.sources[path]

    def _counted(self, source: Source, at: Steps, value: Any, parts: Iterable[Any]) -> Any:
        """The value, unless its references unfold to more than can be served."""
        size = 1 + sum(self.sizes.get(id(part), 1) for part in parts)
        if size > _MOST_VALUES:
            raise source.error(at, f"unfolds to more than {_MOST_VALUES} values")
        self.sizes[id(value)] = size
        return value


def _check_value(source: Source, value: Any, at: Steps) -> None:
    """Refuse a reference within a value: tools follow it, or do not."""
    if isinstance(value, dict) and isinstance(value.get("$ref"), str):
        reason = "wanted a value as it is, as no reference in it is followed, got one"
        raise source.error((*at, "$ref"), reason)
    parts = value.items() if isinstance(value, dict) else ()
    for step, part in enumerate(value) if isinstance(value, list) else parts:
        _check_value(source, part, (*at, step))


def _child(value: Any, step: str | int) -> Any:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None
