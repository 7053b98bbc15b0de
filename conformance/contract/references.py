"""References of a contract followed, within its file and to others of the same folder."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from .source import MOST_VALUES, ContractError, Source
from .words import Defect, Steps, quoted

# A $ref within one of these is a member of a value.
VALUES = {"default", "enum", "example", "value"}
# What these hold is named by the author, and no keyword.
NAMED = {
    *("examples", "headers", "links", "parameters", "paths", "properties", "requestBodies"),
    *("responses", "schemas", "securitySchemes", "x-webhooks"),
}
FIRST = ("openapi",), ("x-resource",), ("x-lifecycle",)  # what much else follows from
BESIDE = re.compile(r"(\./)?[^/\\:]+")

Place = tuple[Source, Steps]


class Document:
    """A contract as one `value` without references, and where each part of it was written."""

    def __init__(self, path: Path) -> None:
        self.main = Source(path)
        self.sources = {path: self.main}
        self.made: dict[tuple[Path, Steps], tuple[Any, int]] = {}
        self.value, _ = self._expanded((self.main, ()), self.main.value, named=False, above=())

    @property
    def is_one_file(self) -> bool:
        return len(self.sources) == 1

    def error(self, defect: Defect) -> ContractError:
        source, written = self.origin(defect)
        return source.error(written, defect.reason)

    def order(self, defect: Defect) -> tuple[int, int, int]:
        """What sorts defects as a reader of the files meets them, the version of OpenAPI and the
        lack of what makes it executable before all that follows from them."""
        source, written = self.origin(defect)
        place = [*self.sources].index(source.path), source.line(written)
        return (FIRST.index(defect.steps) if defect.steps in FIRST else len(FIRST)), *place

    def origin(self, defect: Defect) -> Place:
        """Where what a defect speaks of was written."""
        place: Place = self.main, ()
        for step in defect.steps:
            source, written = self._target(place)
            place = source, (*written, step)
        return place if defect.is_name else self._target(place)

    def _target(self, place: Place) -> Place:
        """The place itself, or the one that the reference there leads to in the end."""
        value = _at(*place)
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            place = self._place_of((place[0], (*place[1], "$ref")), value["$ref"])
            value = _at(*place)
        return place

    def _expanded(
        self, place: Place, value: Any, *, named: bool, above: tuple[Any, ...]
    ) -> tuple[Any, int]:
        """The value with references replaced, and how many values that is; `above` are the
        references that have led here."""
        source, steps = place
        if not isinstance(value, dict | list):
            return value, 1
        if isinstance(value, dict) and not named and isinstance(value.get("$ref"), str):
            return self._followed(place, value, above)
        made: Any = [] if isinstance(value, list) else {}
        total = 1
        for step, part in enumerate(value) if isinstance(value, list) else value.items():
            if isinstance(step, str) and not named and step in VALUES:
                if place_of_ref := _reference(part, (*steps, step)):
                    wanted = "wanted a value as it is, as no reference in it is followed"
                    raise source.error(place_of_ref, f"{wanted}, got one")
                one, size = part, 1
            else:
                below = isinstance(step, str) and not named and step in NAMED
                inner = source, (*steps, step)
                one, size = self._expanded(inner, part, named=below, above=above)
            made.append(one) if isinstance(made, list) else made.update({step: one})
            total += size
        if total > MOST_VALUES:
            raise source.error(steps, f"unfolds to more than {MOST_VALUES} values")
        return made, total

    def _followed(
        self, place: Place, value: dict[str, Any], above: tuple[Any, ...]
    ) -> tuple[Any, int]:
        source, steps = place
        for name in value:
            if name != "$ref":
                wanted = "wanted nothing beside a $ref, as it would have no effect"
                raise source.error((*steps, name), f"{wanted}, got {quoted(name)}")
        target, there = self._place_of((source, (*steps, "$ref")), value["$ref"])
        key = target.path, there
        if key in above:
            raise source.error((*steps, "$ref"), f"{quoted(value['$ref'])} leads back to itself")
        if key not in self.made:
            found = _at(target, there)
            self.made[key] = self._expanded(
                (target, there), found, named=False, above=(*above, key)
            )
        return self.made[key]

    def _place_of(self, place: Place, reference: str) -> Place:
        """What a reference that stands at a place names."""
        source, steps = place
        file, _, fragment = map(unquote, reference.partition("#"))
        if file and not BESIDE.fullmatch(file):
            wanted = "wanted a place in this file or in one beside it"
            example = "such as #/components/schemas/Message"
            raise source.error(steps, f"{wanted}, {example}, got {quoted(reference)}")
        target = self._beside(place, file) if file else source
        there: Steps = ()
        for part in fragment.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            holder = _at(target, there)
            there = (*there, int(name) if isinstance(holder, list) and name.isdigit() else name)
        if fragment[:1] not in ("", "/") or _at(target, there) is None:
            raise source.error(steps, f"there is nothing at {quoted(reference)}")
        return target, there

    def _beside(self, place: Place, file: str) -> Source:
        source, steps = place
        path = source.path.parent / file
        if path not in self.sources:
            if not path.is_file():
                raise source.error(steps, f"there is no file {quoted(file)} beside this one")
            self.sources[path] = Source(path)
        return self.sources[path]


def _reference(value: Any, steps: Steps) -> Steps | None:
    """The first reference within a value."""
    if isinstance(value, dict) and isinstance(value.get("$ref"), str):
        return (*steps, "$ref")
    parts = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else parts
    return next(filter(None, (_reference(one, (*steps, step)) for step, one in inner)), None)


def _at(source: Source, steps: Steps) -> Any:
    """What stands at a place of a file; None where nothing does."""
    value = source.value
    for step in steps:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
