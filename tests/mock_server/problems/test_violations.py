"""A value that breaks every alternative of its schema is told by the one it is meant as."""

import pytest
from jsonschema_rs import Draft7Validator

from mock_server.problems.violations import schema_violations

ACTIVE = {"over": {"enum": [False]}, "cause": {"type": "null"}, "left": {"type": "integer"}}
FINAL = {"over": {"enum": [True]}, "cause": {"enum": ["user", "agent"]}}
EITHER = Draft7Validator({"oneOf": [{"properties": ACTIVE}, {"properties": FINAL}]})


@pytest.mark.parametrize(
    ("value", "pointers"),
    [
        ({"over": False, "cause": "user", "left": "x"}, {"/cause", "/left"}),
        ({"over": True, "cause": "nobody", "left": 1}, {"/cause"}),
    ],
)
def test_an_alternative_is_known_by_its_enum_whatever_the_member_is_called(value, pointers):
    assert {error["pointer"] for error in schema_violations(EITHER, value)} == pointers
