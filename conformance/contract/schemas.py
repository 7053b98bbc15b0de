"""Schemas of OpenAPI 3.0 in JSON Schema's words."""

from typing import Any

LITERAL = ("default", "enum", "example", "required")
SIZES = {"int32": 2**31, "int64": 2**63}


def json_schema(schema: Any) -> Any:
    """The same schema for JSON Schema, where `nullable` is a type and int32 has bounds."""
    if isinstance(schema, list):
        return [json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _below(key, value) for key, value in sized(schema).items() if key != "nullable"}
    if schema.get("nullable") is True and isinstance(schema.get("type"), str):
        plain["type"] = [schema["type"], "null"]
        if "enum" in schema and None not in schema["enum"]:
            plain["enum"] = [*schema["enum"], None]
    return plain


def sized(schema: dict[str, Any]) -> dict[str, Any]:
    """The same with the bounds that its format has."""
    size = SIZES.get(str(schema.get("format")))
    if size is None:
        return schema
    least, most = schema.get("minimum", -size), schema.get("maximum", size - 1)
    return {**schema, "minimum": max(least, -size), "maximum": min(most, size - 1)}


def _below(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: json_schema(member) for name, member in value.items()}
    return value if key in LITERAL else json_schema(value)
