"""A target that looks down is left alone."""

from itertools import cycle

import httpx
import pytest

from conformance.judging.outcomes import Blocked
from conformance.target.circuit import GATEWAY_ERRORS_TO_OPEN, SILENCES_TO_OPEN, Circuit
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


@pytest.mark.usefixtures("naps")
def test_a_gateway_that_only_fails_breaks_the_circuit(connect: Make) -> None:
    statuses = cycle([502, 503, 504])
    api = connect(lambda request: httpx.Response(next(statuses)))
    for _ in range(GATEWAY_ERRORS_TO_OPEN):
        api.list()
    with pytest.raises(Blocked, match="10 requests in a row 502, 503 or alike"):
        api.list()


@pytest.mark.usefixtures("naps")
def test_an_agent_that_fails_now_and_then_does_not_break_it(connect: Make) -> None:
    statuses = cycle([502, 502, 200])
    api = connect(lambda request: httpx.Response(next(statuses), json={}))
    for _ in range(60):
        api.list()


def test_a_500_is_no_gateway(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(500))
    for _ in range(GATEWAY_ERRORS_TO_OPEN + 5):
        api.list()


def test_a_broken_circuit_stays_broken_until_it_is_reset() -> None:
    circuit = Circuit()
    for _ in range(SILENCES_TO_OPEN):
        circuit.note(None)
    circuit.note(200)
    with pytest.raises(Blocked, match="5 requests in a row unanswered"):
        circuit.check()
    circuit.close()
    circuit.check()
