"""Contracts whose schemas cannot be used: refused in one line, with the place and the cause."""

import copy
import json
import subprocess
import sys

import pytest

from mock_server.contract.defects import find_defect
from mock_server.contract.document import load_contract
from mock_server.contract.fixtures import FixtureError, load_document
from mock_server.contract.locations import resource

CONTRACT = load_document(resource("openapi.yaml"))
BODY = "/paths/~1api~1v1~1chats/post/requestBody/content/application~1json/schema"


def with_body(schema):
    document = copy.deepcopy(CONTRACT)
    operation = document["paths"]["/api/v1/chats"]["post"]
    operation["requestBody"]["content"]["application/json"]["schema"] = schema
    return document


def with_response(status, media):
    document = copy.deepcopy(CONTRACT)
    answer = {"description": "x", "content": {"application/json": media}}
    document["paths"]["/api/v1/chats"]["post"]["responses"][status] = answer
    return document


def with_schema(name, schema, **more):
    document = with_body({"$ref": f"#/components/schemas/{name}"})
    document["components"]["schemas"].update({name: schema, **more})
    return document


def member(**schema):
    return with_body({"type": "object", "properties": {"a": schema}})


def test_the_contract_that_comes_along_has_no_defect():
    assert find_defect(CONTRACT) is None


DEFECTS = [
    (member(type="strin"), f"{BODY}/properties/a/type", 'object or string, got "strin"'),
    (
        member(pattern="("),
        f"{BODY}/properties/a/pattern",
        'expression, got the string "("',
    ),
    (member(enum="x"), f"{BODY}/properties/a/enum", "wanted an array"),
    (member(minimum="x"), f"{BODY}/properties/a/minimum", "wanted a number"),
    (member(maxLength=-1), f"{BODY}/properties/a/maxLength", "at least 0"),
    (with_body({"required": "a"}), f"{BODY}/required", "wanted an array"),
    (with_body({"properties": ["a"]}), f"{BODY}/properties", "wanted an object"),
    (with_body(["a"]), BODY, "wanted an object, got an array of 1"),
    (with_body({"$ref": "#/components/schemas/No"}), f"{BODY}/$ref", "there is no"),
    (with_body({"$ref": "other.yaml#/a"}), f"{BODY}/$ref", "in this file, such as"),
    (with_body({"$ref": "http://127.0.0.1:1/a"}), f"{BODY}/$ref", "http://127.0.0.1:1/a"),
    (with_schema("R", {"type": "strin"}), "/components/schemas/R/type", '"strin"'),
    (
        with_schema("R", {"properties": {"r": {"$ref": "#/components/schemas/R"}}}),
        "/components/schemas/R",
        "holds itself",
    ),
    (
        with_response("201", {}),
        "/paths/~1api~1v1~1chats/post/responses/201/content/application~1json/schema",
        "wanted a schema",
    ),
    (
        with_response("default", {"schema": {}}),
        "/paths/~1api~1v1~1chats/post/responses/default",
        "three digits",
    ),
]


@pytest.mark.parametrize(("document", "pointer", "words"), DEFECTS)
def test_a_contract_that_cannot_be_used_is_told_with_place_and_cause(
    tmp_path, document, pointer, words
):
    path = tmp_path / "own.json"
    path.write_text(json.dumps(document))
    with pytest.raises(FixtureError) as caught:
        load_contract(path)
    assert str(caught.value).startswith(f"{path}, line 1, at {pointer}: ")
    assert words in str(caught.value)


def test_an_unused_schema_may_hold_itself():
    unused = {"Unused": {"items": {"$ref": "#/components/schemas/Unused"}}}
    assert find_defect(with_schema("R", {"type": "object"}, **unused)) is None


def test_a_webhook_may_be_answered_with_anything():
    document = copy.deepcopy(CONTRACT)
    answers = next(iter(document["x-webhooks"].values()))["post"]["responses"]
    answers["default"] = {"description": "x", "content": {"text/plain": {}}}
    assert find_defect(document) is None


def test_a_path_that_is_empty_is_told(tmp_path):
    path = tmp_path / "own.json"
    path.write_text(json.dumps({**CONTRACT, "paths": {"/a": None}}))
    with pytest.raises(FixtureError, match="at /paths/~1a: wanted an object"):
        load_contract(path)


@pytest.mark.parametrize(
    ("webhooks", "pointer", "words"),
    [
        (None, "/x-webhooks", "one webhook"),
        ({}, "/x-webhooks", "one webhook"),
        ({"a": {}, "b": {}}, "/x-webhooks", "one webhook"),
        ({"a/b": None}, "/x-webhooks/a~1b/post", "an object"),
        ({"a": {"post": {}}}, "/x-webhooks/a/post", "an operationId"),
        ({"a": {"post": {"operationId": "a"}}}, "/x-webhooks/a/post/requestBody", "an object"),
    ],
)
def test_a_webhook_that_cannot_be_played_is_told(tmp_path, webhooks, pointer, words):
    path = tmp_path / "own.json"
    path.write_text(json.dumps({**CONTRACT, "x-webhooks": webhooks}))
    with pytest.raises(FixtureError, match=f"at {pointer}: wanted .*{words}"):
        load_contract(path)


@pytest.mark.parametrize("options", [[], ["proxy", "--upstream", "http://127.0.0.1:9"]])
@pytest.mark.parametrize(
    ("document", "place"),
    [
        (member(pattern="("), f"at {BODY}/properties/a/pattern: "),
        ({**CONTRACT, "info": {}}, "/info"),
    ],
)
def test_mock_and_proxy_tell_it_in_one_line_and_exit_with_3(tmp_path, options, document, place):
    path = tmp_path / "own.json"
    path.write_text(json.dumps(document))
    done = subprocess.run(
        [sys.executable, "-m", "mock_server", *options, "--port", "0", "--contract", str(path)],
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    (line,) = done.stderr.splitlines()
    assert (done.returncode, str(path) in line, place in line) == (3, True, True)
