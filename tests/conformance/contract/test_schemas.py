from conformance.contract.schemas import json_schema


def test_a_nullable_type_becomes_two_types() -> None:
    schema = json_schema({"type": "string", "nullable": True, "minLength": 1})
    assert schema == {"type": ["string", "null"], "minLength": 1}


def test_a_nullable_enum_has_null() -> None:
    schema = json_schema({"type": "string", "nullable": True, "enum": ["a"]})
    assert schema == {"type": ["string", "null"], "enum": ["a", None]}


def test_nullable_false_is_dropped() -> None:
    assert json_schema({"type": "string", "nullable": False}) == {"type": "string"}


def test_nullable_is_translated_at_every_depth() -> None:
    deep = {"items": [{"properties": {"a": {"type": "integer", "nullable": True}}}]}
    assert json_schema(deep) == {"items": [{"properties": {"a": {"type": ["integer", "null"]}}}]}


def test_a_member_may_be_called_like_a_keyword() -> None:
    named = {"properties": {"default": {"type": "string", "nullable": True}}}
    assert json_schema(named) == {"properties": {"default": {"type": ["string", "null"]}}}
