"""A target that looks down is left alone."""

import httpx
import pytest

from conformance.judging.outcomes import Blocked
from conformance.target.circuit import GATEWAY_ERRORS_TO_OPEN, SILENCES_TO_OPEN
from conformance.target.retry import GATEWAY_RETRIES

from .conftest import Make, silent


def test_a_target_that_is_down_is_left_alone(connect: Make) -> None:
    api = connect(silent)
    for _ in range(SILENCES_TO_OPEN + 3):
        with pytest.raises(Blocked):
            api.list()
    assert api.client.budget.sent == SILENCES_TO_OPEN


def test_an_answer_closes_the_circuit(connect: Make) -> None:
    turns = iter(([True] * (SILENCES_TO_OPEN - 1) + [False]) * 3)

    def answer(request: httpx.Request) -> httpx.Response:
        return silent(request) if next(turns) else httpx.Response(200, json={})

    api = connect(answer)
    for _ in range(3):
        for _ in range(SILENCES_TO_OPEN - 1):
            with pytest.raises(Blocked):
                api.list()
        assert api.list().status == 200


def test_a_gateway_without_a_target_behind_it_is_left_alone(
    connect: Make, naps: list[float]
) -> None:
    api = connect(lambda request: httpx.Response(502))
    for _ in range(GATEWAY_ERRORS_TO_OPEN):
        api.list()
    with pytest.raises(Blocked, match="in a row 502, 503 or alike"):
        api.list()
    assert api.client.budget.sent == GATEWAY_ERRORS_TO_OPEN * (1 + GATEWAY_RETRIES)
