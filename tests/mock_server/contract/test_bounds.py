"""What the mock's code repeats from the contract, held against the contract."""

import pytest

from mock_server.contract.document import load_contract
from mock_server.contract.fixtures import FixtureError
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
