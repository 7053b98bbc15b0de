"""What the mock's code repeats from the contract, held against the contract."""

import pytest

from mock_server.contract.document import load_contract
from mock_server.contract.fixtures import FixtureError, load_document
from mock_server.http.handlers import HANDLERS, TAKE_RANGE, TTL_RANGE
from mock_server.problems.kinds import KINDS

CONTRACT = load_contract()


def test_clamping_uses_the_contracts_bounds():
    ttl = CONTRACT.document["components"]["schemas"]["OpenRequest"]["properties"]["ttl_seconds"]
    assert (ttl["minimum"], ttl["maximum"]) == TTL_RANGE
    parameters = CONTRACT.document["paths"]["/api/v1/chats"]["get"]["parameters"]
    (take,) = [p["schema"] for p in parameters if p["name"] == "take"]
    assert (take["minimum"], take["maximum"]) == TAKE_RANGE


def test_every_operation_has_a_handler_and_every_handler_an_operation():
    assert {operation_id for _, _, operation_id, _ in CONTRACT.operations()} == set(HANDLERS)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_of_problem_has_a_title_and_a_cure(name):
    assert KINDS[name].title
    assert KINDS[name].help.endswith(".")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("openapi: 3.0.3", ["/x-lifecycle"]),
        ("[]", ["/openapi", "no OpenAPI document"]),
        ("{", ["YAML"]),
    ],
)
def test_an_unusable_contract_is_told_with_file_and_place(tmp_path, text, words):
    path = tmp_path / "openapi.yaml"
    path.write_text(text)
    with pytest.raises(FixtureError) as caught:
        load_contract(path)
    for word in [str(path), *words]:
        assert word in str(caught.value)


def test_a_contract_that_is_no_valid_openapi_is_told_with_its_place(tmp_path):
    from mock_server.app import create_app
    from mock_server.settings import Settings

    path = tmp_path / "openapi.yaml"
    path.write_text(CONTRACT.path.read_text().replace("in: query", "in: nowhere", 1))
    with pytest.raises(FixtureError) as caught:
        create_app(Settings(contract=path))
    assert "/paths/~1api~1v1~1chats/get/parameters/0" in str(caught.value)


def test_aliases_that_stand_for_billions_are_refused(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for number in range(1, 9):
        lines.append(f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]")
    path = tmp_path / "seed.yaml"
    path.write_text("\n".join(lines))
    with pytest.raises(FixtureError, match="its aliases stand for more than 500000 values"):
        load_document(path)
    path.write_text("a: &a {b: 1}\nc: *a\n")
    assert load_document(path) == {"a": {"b": 1}, "c": {"b": 1}}
    path.write_text("a: &a [*a]\n")
    with pytest.raises(FixtureError, match="aliases"):
        load_document(path)
