"""OpenAPI 3.1, where `nullable` is a type and webhooks stand beside the paths."""

from typing import Any

from ..contract.document import Contract
from ..contract.schemas import json_schema
from .view import View

VALUES = ("example", "examples", "value", "default", "enum")


def openapi(contract: Contract) -> View:
    """The whole contract; what 3.1 has no word for stays in the members that begin with x-."""
    document = _newer({key: part for key, part in contract.spec.items() if key != "x-webhooks"})
    document["openapi"] = "3.1.0"
    document["webhooks"] = _newer(contract.spec.get("x-webhooks", {}))
    return View.of("openapi-3.1.json", document)


def _newer(node: Any) -> Any:
    """The same with every schema in the words of 3.1."""
    if isinstance(node, list):
        return [_newer(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _part(key, value) for key, value in node.items()}


def _part(key: str, value: Any) -> Any:
    if key == "schema":
        return json_schema(value)
    if key == "schemas":
        return {name: json_schema(schema) for name, schema in value.items()}
    return value if key in VALUES or key.startswith("x-") else _newer(value)
