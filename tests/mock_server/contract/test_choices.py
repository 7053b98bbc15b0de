"""What the mock answers with, where a contract lists less than it could."""

import json

import pytest
import yaml

from mock_server.choices import parse_choices
from mock_server.contract.choices import fitting
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
        ([("submitMessage", "409")], "final_submit", "400"),
        ([(id, "400") for id in TAKING], "invalid_status", "422"),
    ],
)
def test_a_default_that_is_not_listed_gives_way(contract, dropped, key, value):
    made = load_contract(contract(*dropped))
    assert fitting(parse_choices(), made)[key] == value


def test_a_choice_that_was_made_does_not(contract):
    made = load_contract(contract(("submitMessage", "410")))
    with pytest.raises(FixtureError, match="response 410, for --choice final_submit=410"):
        fitting(parse_choices(["final_submit=410"]), made)


def test_a_default_stays_one(contract):
    first = fitting(parse_choices(["open_status=200"]), load_contract(contract()))
    changed = load_contract(contract(("submitMessage", "409")))
    assert fitting(first, changed) == {**first, "final_submit": "400"}
    assert first.made == {"open_status"}


def test_what_is_given_is_what_is_listed(contract, start):
    dropped = [("openChat", "201"), *((id, "400") for id in TAKING)]
    api = start(contract=contract(*dropped))
    assert api.post("/api/v1/chats", json={"agent_id": "agent-echo"}).status_code == 200
    assert api.post("/api/v1/chats", json={}).status_code == 422
    assert api.get("/api/v1/chats?take=0").status_code == 422
