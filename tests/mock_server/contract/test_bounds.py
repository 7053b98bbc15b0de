"""What the mock's code repeats from the contract, held against the contract."""

import re

import pytest

from mock_server.http.handlers import HANDLERS
from mock_server.problems.kinds import KINDS, title_of
from tests.serving import usual_files

CONTRACT = usual_files().contract


def test_every_operation_has_a_handler_and_every_handler_an_operation():
    ids = {operation_id for _, _, operation_id, _ in CONTRACT.operations()}
    acts = {"act"}  # of events that this contract does not have
    assert {CONTRACT.resource.roles[id] for id in ids} | acts == set(HANDLERS)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_of_problem_has_a_title_and_a_cure(name):
    assert re.fullmatch("[A-Z][A-Za-z ]+", title_of(name))
    assert KINDS[name].help.endswith(".")
