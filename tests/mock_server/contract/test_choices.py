"""What the mock answers with, where a contract lists less than it could."""

import json

import pytest
import yaml

from mock_server.choices import parse_choices
from mock_server.contract.choices import fitting, refusal_statuses
from mock_server.contract.document import load_contract
from mock_server.contract.locations import resource
from mock_server.contract.source import FixtureError


@pytest.fixture
def contract(tmp_path):
    """Make a contract without some responses of operations."""

    def make(*dropped):
        document = yaml.load(resource("openapi.yaml").read_text(), Loader=yaml.CSafeLoader)
        for item in document["paths"].values():
            for operation in item.values():
                for id, status in dropped:
                    if isinstance(operation, dict) and operation["operationId"] == id:
                        del operation["responses"][status]
        path = tmp_path / "own.yaml"
        path.write_text(json.dumps(document))
        return path

    return make


TAKING = ("openChat", "listChats", "submitMessage", "endChat", "searchCallResults")


@pytest.mark.parametrize(
    ("dropped", "key", "value"),
    [
        ([], "open_status", "201"),
        ([("openChat", "201")], "open_status", "200"),
        ([("openChat", "200")], "duplicate_open", "conflict"),
    ],
)
def test_a_default_that_is_not_listed_gives_way(contract, dropped, key, value):
    made = load_contract(contract(*dropped))
    assert fitting(parse_choices(), made)[key] == value


def test_a_choice_that_was_made_does_not(contract):
    made = load_contract(contract(("submitMessage", "410")))
    with pytest.raises(FixtureError, match="response 410, for --choice final_submit=410"):
        fitting(parse_choices(["final_submit=410"]), made)


def test_a_status_that_the_contract_does_not_have_is_refused(contract):
    wanted = "session-final: wanted 423 there, for --choice final_submit=423, got 409, 400"
    with pytest.raises(FixtureError, match=wanted):
        fitting(parse_choices(["final_submit=423"]), load_contract(contract()))


def test_each_operation_refuses_with_what_it_lists(contract):
    made = load_contract(contract(("getChat", "400"), ("openChat", "400")))
    usual = refusal_statuses(parse_choices(), made)
    assert (usual["openChat"]["invalid-request"], usual["endChat"]["invalid-request"]) == (422, 400)
    chosen = refusal_statuses(parse_choices(["malformed_id=400"]), made)
    assert (chosen["getChat"]["malformed-id"], chosen["endChat"]["malformed-id"]) == (404, 400)


def test_a_default_stays_one(contract):
    first = fitting(parse_choices(["open_status=200"]), load_contract(contract()))
    changed = load_contract(contract(("openChat", "200")))
    assert fitting(first, load_contract(contract())) == first
    with pytest.raises(FixtureError, match="response 200, for --choice open_status=200"):
        fitting(first, changed)
    assert first.made == {"open_status"}


def test_what_is_given_is_what_is_listed(contract, start):
    dropped = [("openChat", "201"), *((id, "400") for id in TAKING)]
    api = start(contract=contract(*dropped))
    assert api.post("/api/v1/chats", json={"agent_id": "agent-echo"}).status_code == 200
    assert api.post("/api/v1/chats", json={}).status_code == 422
    assert api.get("/api/v1/chats?take=0").status_code == 422
