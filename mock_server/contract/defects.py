"""What is wrong with the schemas of a contract, found before anything is served by them."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from typing import Any

from jsonschema_rs import ValidationError

from ..problems.violations import describe_error, json_pointer, quote
from .schemas import compile_schema

__all__ = ["METHODS", "find_defect"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_KINDS = "array, boolean, integer, number, object or string"
# A place as a pointer, with what is there or with what is wrong there.
_Place = tuple[str, Any]
_Defect = tuple[str, str]


def find_defect(document: Mapping[str, Any]) -> _Defect | None:
    """Where and why the schemas of an OpenAPI document cannot be used, or None.

    Whether it is sound in all else is not asked.
    """
    checks = (_strays, _cycles, _bare, _misfits)
    return next(chain.from_iterable(check(document) for check in checks), None)


def _strays(document: Any) -> Iterator[_Defect]:
    """References to what is not there."""
    for place, target in _references(document, ""):
        if not target.startswith("#/"):
            wanted = "wanted a place in this file, such as #/components/schemas/Message"
            yield place, f"{wanted}, got {quote(target)}"
        elif not _exists(document, target[2:]):
            yield place, f"there is no {quote(target)} in this file"


def _cycles(document: Any) -> Iterator[_Defect]:
    """Schemas of operations that hold themselves, as Connexion could not resolve them."""
    references = [(place, target[1:]) for place, target in _references(document, "")]
    inside: dict[str, set[str]] = {}
    waiting = ["/paths"]
    while waiting:
        holder = waiting.pop()
        if holder not in inside:
            inside[holder] = {to for place, to in references if place.startswith(f"{holder}/")}
            waiting.extend(inside[holder])
    try:
        TopologicalSorter(inside).prepare()
    except CycleError as error:
        cycle = error.args[1]
        yield cycle[0], f"a schema that holds itself, by {' and '.join(cycle[1:])}, is not served"


def _bare(document: Any) -> Iterator[_Defect]:
    """Answers without an exact status, and content without a schema."""
    for pointer, _ in _answers(document):
        status = pointer.rpartition("/")[2]
        if not status.isdigit():
            wanted = "wanted a status of three digits, as the mock answers with no other"
            yield pointer, f"{wanted}, got {quote(status)}"
    for pointer, media in _media(document):
        if isinstance(media, Mapping) and "schema" not in media:
            yield f"{pointer}/schema", "wanted a schema, got none"


def _misfits(document: Any) -> Iterator[_Defect]:
    """Schemas that are none; all are compiled at once, as a member each of one."""
    schemas, components = dict(_schemas(document)), document.get("components", {})
    try:
        compile_schema({"properties": schemas, "components": components})
    except ValidationError as error:
        # The first step leads to the members, the second one is a place already.
        place = "".join(map(str, error.instance_path[1:2])) + json_pointer(error.instance_path[2:])
        if error.kind.name == "anyOf" and place.endswith("/type"):
            yield place, f"wanted {_KINDS}, got {quote(str(error.instance))}"
        else:
            yield place or "/components", describe_error(error) if place else error.message


def _references(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """Each reference of a document with its place."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _references(item, f"{pointer}/{number}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            place = f"{pointer}{json_pointer([key])}"
            if key == "$ref" and isinstance(item, str):
                yield place, item
            else:
                yield from _references(item, place)


def _exists(document: Any, pointer: str) -> bool:
    for part in pointer.split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, list) and name.isdigit() and int(name) < len(document):
            document = document[int(name)]
        elif isinstance(document, Mapping) and name in document:
            document = document[name]
        else:
            return False
    return True


def _schemas(document: Any) -> Iterator[_Place]:
    yield from _inside("/components/schemas", _member(document, "components", "schemas"))
    for pointer, parameter in _parameters(document):
        if isinstance(parameter, Mapping) and "schema" in parameter:
            yield f"{pointer}/schema", parameter["schema"]
    for pointer, media in _media(document):
        if isinstance(media, Mapping):
            yield f"{pointer}/schema", media["schema"]


def _parameters(document: Any) -> Iterator[_Place]:
    yield from _inside("/components/parameters", _member(document, "components", "parameters"))
    items = _inside("/paths", _member(document, "paths"))
    for pointer, holder in chain(items, _operations(document)):
        parameters = holder.get("parameters") if isinstance(holder, Mapping) else None
        for number, parameter in enumerate(parameters if isinstance(parameters, list) else ()):
            yield f"{pointer}/parameters/{number}", parameter


def _media(document: Any) -> Iterator[_Place]:
    """What describes each body, of requests and of answers."""
    for kind in ("requestBodies", "responses"):
        bodies = _member(document, "components", kind)
        for pointer, body in _inside(f"/components/{kind}", bodies):
            yield from _inside(f"{pointer}/content", _member(body, "content"))
    for pointer, operation in _operations(document):
        body = _member(operation, "requestBody", "content")
        yield from _inside(f"{pointer}/requestBody/content", body)
    for pointer, answer in _answers(document):
        yield from _inside(f"{pointer}/content", _member(answer, "content"))


def _answers(document: Any) -> Iterator[_Place]:
    """What the mock may answer with; what a webhook is answered with is not its own."""
    for pointer, operation in _operations(document):
        if pointer.startswith("/paths/"):
            yield from _inside(f"{pointer}/responses", _member(operation, "responses"))


def _operations(document: Any) -> Iterator[_Place]:
    """The operations, those that the mock calls itself as well."""
    for root in ("paths", "x-webhooks"):
        for pointer, item in _inside(f"/{root}", _member(document, root)):
            for place, operation in _inside(pointer, item):
                if place.rpartition("/")[2] in METHODS:
                    yield place, operation


def _member(value: Any, *names: str) -> Mapping[str, Any]:
    """The object that is reached by members; an empty one where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _inside(pointer: str, value: Any) -> Iterator[_Place]:
    for key, item in value.items() if isinstance(value, Mapping) else ():
        yield f"{pointer}{json_pointer([key])}", item
