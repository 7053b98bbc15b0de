"""The parts of a contract without references, each with the steps that lead to it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from .words import Steps

Json = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
BODY = ("content", "application/json", "schema")
UNLOOKED = ("schema", "schemas", "example", "value")


def at(document: Any, steps: Steps) -> Any:
    for step in steps:
        document = document[step]
    return document


def holds(document: Any, steps: Steps) -> bool:
    """Whether there is something at these steps."""
    for step in steps:
        if isinstance(document, dict) and step not in document:
            return False
        document = document[step]
    return True


def operations(document: Json) -> Iterator[tuple[Steps, Json]]:
    for path, item in document["paths"].items():
        yield from ((("paths", path, m), item[m]) for m in METHODS if m in item)


def places(document: Json) -> dict[str, Steps]:
    """The steps to each operation, by its id."""
    return {operation["operationId"]: steps for steps, operation in operations(document)}


def forms(document: Json, id: str, *steps: str) -> list[Json]:
    """The members of each form of a body or an answer of an operation; none where it is none."""
    node: Json = next((one for _, one in operations(document) if one["operationId"] == id), {})
    for step in (*steps, *BODY):
        node = node.get(step, {})
    return [one.get("properties", {}) for one in node.get("oneOf", [node])]


def examples_of(media: Json) -> list[Any]:
    """The values of its examples, of which one may stand alone."""
    named = [one["value"] for one in media.get("examples", {}).values()]
    return [*named, media["example"]] if "example" in media else named


def parameters(document: Json, operation: Steps) -> list[Json]:
    """Those of the path, then the operation's own."""
    shared, own = at(document, operation[:-1]), at(document, operation)
    return [*shared.get("parameters", ()), *own.get("parameters", ())]


def server_urls(document: Json) -> list[str]:
    """The URL of each server, its variables replaced by their defaults."""
    return [_without_variables(server) for server in document.get("servers", ())]


def base_path(document: Json) -> str:
    """What the paths stand behind on the first server."""
    return "".join(urlsplit(url).path.rstrip("/") for url in server_urls(document)[:1])


def _without_variables(server: Json) -> str:
    url: str = server["url"]
    for name, variable in server.get("variables", {}).items():
        url = url.replace(f"{{{name}}}", variable["default"])
    return url


def holders(document: Json, member: str) -> Iterator[tuple[Steps, Json]]:
    """Every object with this member but schemas and values; one that is referred to, once."""
    seen: set[int] = set()

    def walk(steps: Steps, node: Any) -> Iterator[tuple[Steps, Json]]:
        if not isinstance(node, dict | list) or id(node) in seen:
            return
        seen.add(id(node))
        if isinstance(node, dict) and member in node and steps != ("components",):
            yield steps, node
        for step, part in node.items() if isinstance(node, dict) else enumerate(node):
            if step not in UNLOOKED:
                yield from walk((*steps, step), part)

    for root in ("paths", "components", "x-webhooks"):
        yield from walk((root,), document.get(root))


def schemas(document: Json) -> Iterator[tuple[Steps, Json]]:
    """Every schema and those in it; one that is referred to, once."""
    seen: set[int] = set()

    def walk(steps: Steps, schema: Any) -> Iterator[tuple[Steps, Json]]:
        if not isinstance(schema, dict) or id(schema) in seen:
            return
        seen.add(id(schema))
        yield steps, schema
        for key in ("items", "not", "additionalProperties"):
            yield from walk((*steps, key), schema.get(key))
        for name, member in schema.get("properties", {}).items():
            yield from walk((*steps, "properties", name), member)
        for key in ("oneOf", "anyOf", "allOf"):
            for number, one in enumerate(schema.get(key, ())):
                yield from walk((*steps, key, number), one)

    for steps, holder in holders(document, "schema"):
        yield from walk((*steps, "schema"), holder["schema"])
    for name, schema in document["components"].get("schemas", {}).items():
        yield from walk(("components", "schemas", name), schema)
