"""Schemas of OpenAPI 3.0 in JSON Schema's words."""

from typing import Any

LITERAL = ("default", "enum", "example", "required")


def json_schema(schema: Any) -> Any:
    """The same schema for JSON Schema, where `nullable` is a type."""
    if isinstance(schema, list):
        return [json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _below(key, value) for key, value in schema.items() if key != "nullable"}
    if schema.get("nullable") is True and isinstance(schema.get("type"), str):
        plain["type"] = [schema["type"], "null"]
        if "enum" in schema and None not in schema["enum"]:
            plain["enum"] = [*schema["enum"], None]
    return plain


def _below(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: json_schema(member) for name, member in value.items()}
    return value if key in LITERAL else json_schema(value)
