"""Ways through the document of a contract without references."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .references import Steps

Part = tuple[Steps, Mapping[str, Any]]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
JSON = ("content", "application/json", "schema")

_VARIABLE = re.compile(r"\{(.*?)\}")
_ROOTS = ("x-webhooks", "components", "paths")
_ELSEWHERE = frozenset(["schema", "schemas", "example", "value"])


def at(document: Any, steps: Steps) -> Any:
    """What these steps lead to."""
    for step in steps:
        document = document[step]
    return document


def holds(document: Any, steps: Steps) -> bool:
    """Whether these steps lead to something."""
    for step in steps:
        if isinstance(document, dict) and step not in document:
            return False
        document = document[step]
    return True


def each_operation(document: Mapping[str, Any]) -> Iterator[Part]:
    """The operations below the paths."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield ("paths", path, method), item[method]


def acts(document: Mapping[str, Any]) -> dict[str, str]:
    """The operations of the events that `x-resource` does not name, by event."""
    named = {None, *document["x-resource"]["operations"].values()}
    events = document["x-lifecycle"]["events"].items()
    return {name: event["operation"] for name, event in events if event["operation"] not in named}


def shown(document: Mapping[str, Any]) -> dict[str, Any]:
    """The members of an open that a session shows, beside those that `x-resource` names, each
    with what it is where nothing gives it: its default or, of one that must be given, an example.
    """
    declared = document["x-resource"]
    places = (
        declared["members"],
        declared["state"],
        declared.get("timer", {}),
        declared["request"],
    )
    named = {name for part in places for name in part.values() if isinstance(name, str)}
    found = dict(schemas_of(document, declared["operations"]["read"], "responses", "200"))
    taken = dict(schemas_of(document, declared["operations"]["create"], "requestBody"))
    examples = needed(document, declared["operations"]["create"])
    return {
        name: schema.get("default", examples.get(name))
        for name, schema in taken.items()
        if name in found and name not in named
    }


def left(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The properties of each object that tells what an end leaves: a page of rows, a row, what
    the webhook sends, and a turn within either."""
    declared = document["x-resource"]
    turns = declared.get("result", {}).get("transcript", {}).get("member")
    hooks = (one["post"]["requestBody"] for one in document.get("x-webhooks", {}).values())
    rows = [row_of(document), *(at(hook, JSON).get("properties", {}) for hook in hooks)]
    yield _page(document)
    for properties in rows:
        yield properties
        yield properties.get(turns, {}).get("items", {}).get("properties", {})


def searched(document: Mapping[str, Any]) -> list[str] | None:
    """The members of a search; None where no operation is one."""
    id = document["x-resource"]["operations"].get("search", "")
    found = [name for name, _ in schemas_of(document, id, "requestBody")]
    return found if operation_of(document, id) else None


def row_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a call result; none where none is kept."""
    items = document["x-resource"].get("search", {}).get("items")
    return {**_page(document).get(items, {}).get("items", {}).get("properties", {})}


def _page(document: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a page of call results; none where nothing finds any."""
    id = document["x-resource"]["operations"].get("search", "")
    return dict(schemas_of(document, id, "responses", "200"))


def needed(document: Mapping[str, Any], id: str) -> dict[str, Any]:
    """What a body of an operation must hold beside the agent and the text, as an example has it."""
    declared = document["x-resource"]
    named = declared["members"].get("agent"), declared["request"]["text"]
    body = operation_of(document, id).get("requestBody", {}).get("content", {}).get(JSON[1], {})
    given = next(iter(examples_of(body)), None)
    known = given if isinstance(given, dict) else {}
    names = body.get("schema", {}).get("required", ())
    return {name: known[name] for name in names if name in known and name not in named}


def examples_of(media: Mapping[str, Any]) -> list[Any]:
    """What the contract gives as examples of a body: several by their names, or one."""
    named = [one["value"] for one in media.get("examples", {}).values()]
    return [*named, media["example"]] if "example" in media else named


def schemas_of(document: Mapping[str, Any], id: str, *steps: str) -> Iterator[tuple[str, Any]]:
    """The members of a body or of an answer, in any of its forms; none where it is none."""
    node: Any = operation_of(document, id)
    for step in (*steps, *JSON):
        node = node.get(step, {})
    for schema in node.get("oneOf", [node]):
        yield from schema.get("properties", {}).items()


def operation_of(document: Mapping[str, Any], id: str) -> Mapping[str, Any]:
    """An operation by its id; empty where there is none."""
    found = (one for _, one in each_operation(document) if one["operationId"] == id)
    return next(found, {})


def server_urls(document: Mapping[str, Any]) -> list[str]:
    """Where each server is, when its variables are left at their defaults."""
    return [_default_url(server) for server in document.get("servers", ())]


def _default_url(server: Mapping[str, Any]) -> str:
    known = server.get("variables", {})
    parts = _VARIABLE.split(server["url"])  # every second one is a name
    parts[1::2] = (
        known[name]["default"] if name in known else f"{{{name}}}" for name in parts[1::2]
    )
    return "".join(parts)


def parameters_of(document: Mapping[str, Any], operation: Steps) -> list[Mapping[str, Any]]:
    """An operation's parameters, those of its path first."""
    item, own = at(document, operation[:2]), at(document, operation)
    return [*item.get("parameters", ()), *own.get("parameters", ())]


def each_with(document: Mapping[str, Any], member: str) -> Iterator[Part]:
    """Everything with this member, but values and schemas; what references share, once."""
    roots = [root for root in _ROOTS if root in document]
    waiting: list[tuple[Steps, Any]] = [((root,), document[root]) for root in roots]
    seen: set[int] = set()
    while waiting:
        steps, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        children: list[tuple[str | int, Any]] = []
        if isinstance(node, dict):
            if member in node and steps[-1] != "components":
                yield steps, node
            children = [(key, value) for key, value in node.items() if key not in _ELSEWHERE]
        elif isinstance(node, list):
            children = [*enumerate(node)]
        waiting.extend(((*steps, key), value) for key, value in reversed(children))


def each_schema(document: Mapping[str, Any]) -> Iterator[Part]:
    """Every schema and each within it; what references share, once."""
    waiting: list[tuple[Steps, Any]] = [
        ((*steps, "schema"), node["schema"]) for steps, node in each_with(document, "schema")
    ]
    named = document["components"].get("schemas", {})
    waiting += [(("components", "schemas", name), schema) for name, schema in named.items()]
    seen: set[int] = set()
    while waiting:
        steps, schema = waiting.pop()
        if isinstance(schema, dict) and id(schema) not in seen:
            seen.add(id(schema))
            yield steps, schema
            waiting.extend(_within(steps, schema))


def _within(steps: Steps, schema: Mapping[str, Any]) -> Iterator[tuple[Steps, Any]]:
    for key in ("items", "not", "additionalProperties"):
        yield (*steps, key), schema.get(key)
    for name, member in schema.get("properties", {}).items():
        yield (*steps, "properties", name), member
    for key in ("oneOf", "anyOf", "allOf"):
        for number, alternative in enumerate(schema.get(key, ())):
            yield (*steps, key, number), alternative
