"""Values that a schema obliges a deployment to take."""

from typing import Any

import pytest

from conformance.contract.validator import Validator
from conformance.contract.values import (
    INSTANTS,
    LONGEST,
    NESTED,
    beyond_values,
    mistyped_values,
    odd_values,
    plain_values,
)


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"type": "string", "enum": ["a", "b"]}, ["a", "b"]),
        ({"type": "string", "nullable": True, "enum": ["a", None]}, ["a"]),
        ({"type": "integer", "minimum": 1, "maximum": 200, "default": 20}, [1, 200, 20]),
        ({"type": "integer", "minimum": 1, "maximum": 9, "default": 1}, [1, 9]),
        ({"type": "integer"}, [1]),
        ({"type": "boolean"}, [True, False]),
        ({"type": "string", "format": "date-time"}, list(INSTANTS)),
        ({"type": "string", "minLength": 2, "maxLength": 4}, ["xx", "xxxx"]),
        ({"type": "array", "items": {"type": "boolean"}}, [[True], [False]]),
        ({"type": "object"}, [NESTED]),
        ({"type": "string", "anyOf": [{"enum": ["a"]}, {"enum": ["b"]}]}, ["a", "b"]),
    ],
)
def test_plain_values_are_those_that_the_schema_names(
    schema: dict[str, Any], values: list[Any]
) -> None:
    assert list(plain_values(schema)) == values


def test_an_example_that_fits_is_a_plain_value() -> None:
    schema = {"type": "string", "pattern": r"\S"}
    assert list(plain_values(schema, ("Hello", " "))) == ["Hello", "x"]


def test_an_odd_text_keeps_to_the_bound_of_its_schema() -> None:
    texts = list(odd_values({"type": "string", "maxLength": 30}))
    assert {len(text) for text in texts} >= {30}
    assert all(len(text) <= 30 for text in texts)


def test_a_text_without_a_bound_is_tried_at_64_kib() -> None:
    texts = list(odd_values({"type": "string"}))
    assert max(map(len, texts)) == LONGEST
    planes = {ord(letter) >> 16 for text in texts for letter in text}
    assert planes == {0, 1, 2, 3, 14, 15, 16}
    assert any("\n" in text and "\r\n" in text and "\u2028" in text for text in texts)


def test_null_is_tried_where_it_is_allowed_alone() -> None:
    assert None in list(odd_values({"type": "object", "nullable": True}))
    assert None not in list(odd_values({"type": "object"}))


@pytest.mark.parametrize("schema", [{"type": "integer"}, {"type": "string", "enum": ["a"]}])
def test_what_has_no_odd_values_gives_none(schema: dict[str, Any]) -> None:
    assert list(odd_values(schema)) == []


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"type": "object", "minProperties": 1}, [{}]),
        ({"type": "object", "maxProperties": 1}, [{"x0": "x", "x1": "x"}]),
        ({"type": "object", "properties": {"a": {"type": "boolean"}}}, [{"a": None}, {"a": "x"}]),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, [{"x": "x"}]),
        ({"type": "array", "uniqueItems": True, "items": {"type": "boolean"}}, [[True, True]]),
        ({"type": "string", "format": "email"}, ["yesterday"]),
        ({"type": "string", "format": "hostname"}, ["-not-.-a-host-"]),
        ({"type": "string", "format": "uri-reference"}, ["not a reference"]),
        ({"type": "integer", "format": "int32", "minimum": 1}, [0, 2**31]),
        ({"type": "integer", "format": "int64"}, [2**63 - 1 + 2**53]),
        ({"type": "integer", "enum": [1, 3]}, [4]),
        ({"type": "boolean", "enum": [True]}, [False]),
        ({"type": "string", "nullable": True, "enum": [None]}, []),
        ({"type": "string", "not": {"enum": ["a"]}}, ["a"]),
        ({"type": "string", "oneOf": [{"maxLength": 3}, {"minLength": 5}]}, ["xxxx"]),
        ({"type": "object", "required": ["a"]}, [{}]),
        ({"type": "object", "additionalProperties": False}, [NESTED]),
    ],
)
def test_beyond_values_break_each_word_of_the_schema(
    schema: dict[str, Any], values: list[Any]
) -> None:
    beyond = list(beyond_values(schema))
    assert all(value in beyond for value in values)
    assert [value for value in beyond if Validator(schema).is_valid(value)] == []


@pytest.mark.parametrize(
    ("in_text", "values"), [(False, ["1.5", "x", "3", 3.5]), (True, ["1.5", "x"])]
)
def test_what_is_taken_for_an_integer_is_none(in_text: bool, values: list[Any]) -> None:
    schema = {"type": "integer", "minimum": 3}
    assert list(mistyped_values(schema, in_text=in_text)) == values


def test_a_schema_that_nothing_plain_fits_has_no_text_of_a_number() -> None:
    schema = {"type": "integer", "minimum": 1, "maximum": 6, "multipleOf": 4}
    assert list(mistyped_values(schema)) == ["1.5", "x"]
