"""A wrong value of any size is told in few words and little time, with the right places."""

import copy
import random

import pytest

from mock_server.contract.schemas import compile_schema
from mock_server.problems.violations import json_pointer, pointer_of, schema_violations
from tests.serving import usual_files

MESSAGE = {"role": "user", "content": "Hi", "tool_calls": None, "time": "2026-01-05T09:00:00Z"}
SESSION = {
    "id": "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10",
    "agent_id": "a",
    "channel": "web",
    "messages": [],
    "created_time": "2026-01-05T09:00:00Z",
    "last_activity": "2026-01-05T09:00:00Z",
    "ttl_seconds": 1800,
    "is_final": False,
    "status": "active",
    "final_reason": None,
}


class Counting:
    """A validator that counts what its errors are asked of."""

    def __init__(self, schema):
        self.real = compile_schema(schema)
        self.asked = 0

    def is_valid(self, value):
        return self.real.is_valid(value)

    def iter_errors(self, value):
        self.asked += size(value)
        return self.real.iter_errors(value)


def size(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(size, inner))


@pytest.fixture(scope="module")
def schema():
    components = usual_files().contract.document["components"]
    session = {
        **components["schemas"]["ActiveSession"],
        "properties": {
            **components["schemas"]["ActiveSession"]["properties"],
            "messages": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Message"},
            },
        },
    }
    items = {"type": "array", "items": session, "maxItems": 300_000}
    page = {"type": "object", "required": ["items"], "properties": {"items": items}}
    return {**page, "components": components}


def page(*items):
    return {"items": [*items]}


def with_messages(*messages):
    return {**SESSION, "messages": [*messages]}


@pytest.mark.parametrize(
    ("value", "first"),
    [
        (page(*[{}] * 90_000), "/items/0/"),
        (page(*[SESSION] * 3_000, {**SESSION, "ttl_seconds": "x"}), "/items/3000/ttl_seconds"),
        (page(*[SESSION] * 3_000, 7, *[SESSION] * 3_000), "/items/3000"),
        (page(with_messages(*[{}] * 90_000)), "/items/0/messages/0"),
        (
            page(SESSION, with_messages(*[MESSAGE] * 4_000, {**MESSAGE, "role": 7})),
            "/items/1/messages/4000/role",
        ),
        (
            page(*[with_messages(*[{**MESSAGE, "tool_calls": [{}] * 60}] * 60)] * 60),
            "/items/0/messages/0/tool_calls/0",
        ),
        ([1] * 90_000, ""),
        ({"items": [*range(90_000)]}, "/items/0"),
        ({"items": {}, **{str(number): [1] * 7 for number in range(30_000)}}, ""),
    ],
)
def test_a_large_value_is_told_by_a_small_part_of_it(schema, value, first):
    validator = Counting(schema)
    found = schema_violations(validator, value)
    assert found[0]["pointer"].startswith(first)
    assert len(found) <= 100
    assert validator.asked <= 20_000


def test_the_number_of_items_is_told_as_it_was():
    schema = {"type": "object", "properties": {"a": {"type": "array", "maxItems": 200}}}
    (found,) = schema_violations(compile_schema(schema), {"a": [1] * 5_000})
    assert found["detail"] == "wanted at most 200 items, got an array of 5000"
    (found,) = schema_violations(compile_schema({"type": "object"}), [1] * 5_000)
    assert found["detail"] == "wanted an object, got an array of 5000"


def test_a_list_with_too_few_items_is_told():
    schema = {"type": "object", "properties": {"a": {"type": "array", "minItems": 900}}}
    (found,) = schema_violations(compile_schema(schema), {"a": [1] * 800})
    assert found["pointer"] == "/a"


def test_a_small_value_is_told_whole(schema):
    value = page(*[{**SESSION, "ttl_seconds": 1}] * 20)
    assert len(schema_violations(compile_schema(schema), value)) == 20


def test_a_right_value_has_no_violation_and_stays(schema):
    value = page(*[SESSION] * 3_000)
    assert schema_violations(compile_schema(schema), value) == []
    assert len(value["items"]) == 3_000


def test_what_is_told_of_a_part_is_true_of_the_whole(schema):
    """Each place is one that a validator of the whole value names too."""
    chance = random.Random(7)
    validator = compile_schema(schema)
    for _ in range(40):
        value = page(*(with_messages(*[MESSAGE] * chance.randrange(40)) for _ in range(30)))
        for _ in range(chance.randrange(1, 9)):
            session = value["items"][chance.randrange(30)] = copy.deepcopy(SESSION)
            session["messages"] = [MESSAGE] * chance.randrange(8)
            session[chance.choice([*SESSION])] = chance.choice([None, 7, "x", [], {}, [{}] * 9])
        whole = {pointer_of(error) for error in validator.iter_errors(value)}
        told = {found["pointer"] for found in schema_violations(validator, value)}
        assert told <= whole
        assert bool(told) == bool(whole)


def test_the_path_of_a_missing_member_is_its_own(schema):
    value = page(*[SESSION] * 900, {})
    found = schema_violations(compile_schema(schema), value)
    assert {entry["pointer"] for entry in found} == {
        json_pointer(["items", 900, name]) for name in SESSION
    }


def test_null_is_told_as_what_it_is():
    validator = compile_schema({"type": "object"})
    (told,) = schema_violations(validator, None)
    assert told["detail"] == "wanted an object, got null"
