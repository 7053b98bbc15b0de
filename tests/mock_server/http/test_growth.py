"""Work grows no faster than what comes in."""

import json

import pytest

from mock_server.contract.schemas import compile_schema
from mock_server.faults.preferences import parse_preferences
from mock_server.http.bodies import parse_json, parse_strictly
from mock_server.http.parameters import QueryReader
from mock_server.problems.kinds import Problem
from mock_server.problems.violations import schema_violations
from mock_server.store.matching import holds
from tests.growth import expect_linear


def twice(size):
    body = json.dumps({str(number): 1 for number in range(size)})[:-1] + ',"0":2}'
    with pytest.raises(Problem):
        parse_strictly(body.encode())


QUERY = QueryReader([{"name": "take", "in": "query", "schema": {"type": "integer"}}], frozenset())
ITEMS = {"type": "array", "items": {"type": "object", "required": ["id"]}}
MEMBERS = {"type": "object", "additionalProperties": False, "properties": {"id": {}}}
EITHER = {"type": "array", "items": {"oneOf": [{"type": "string"}, {"required": ["id"]}]}}


def judged(schema, value):
    """What the compiled validator has to say of a value."""
    return schema_violations(compile_schema(schema), value, schema=schema)


ENTRIES = {
    "escaped quotes": lambda size: parse_preferences(['a="' + '\\"' * size]),
    "quotes": lambda size: parse_preferences(['a"' * size]),
    "commas": lambda size: parse_preferences([",;" * size]),
    "words": lambda size: parse_preferences(["a" * size + "("]),
    "blanks": lambda size: parse_preferences(["a" + " " * size + "x"]),
    "arrays": lambda size: parse_json(b"[" + b"[]," * size + b"1]"),
    "digits": lambda size: parse_json(b"[" + b"1234567890123456789012," * size + b"1]"),
    "members": twice,
    "parameters": lambda size: QUERY.read(b"take=1&" * size, []),
    "unknown parameters": lambda size: QUERY.read(b"&".join(b"a%d" % n for n in range(size)), []),
    "escapes": lambda size: QUERY.read(b"take=" + b"%41" * size, []),
    "wrong items": lambda size: judged(ITEMS, [{}] * size),
    "wrong alternatives": lambda size: judged(EITHER, [{"a": {}}] * size),
    "wrong members": lambda size: judged(MEMBERS, {f"a{n}": 1 for n in range(size)}),
    "a wrong text": lambda size: judged(ITEMS, "a" * size),
    "paths": lambda size: holds('{"a":{"a":1}}', json.dumps({"a." * size: 1})),
    "long paths": lambda size: holds('{"a":{"a":1}}', json.dumps({"a." + "b" * size: 1})),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_work_grows_with_its_input_alone(name):
    expect_linear(ENTRIES[name])
