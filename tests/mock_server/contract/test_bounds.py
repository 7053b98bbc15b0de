"""What the mock's code repeats from the contract, held against the contract."""

import pytest

from mock_server.contract.document import load_contract
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
