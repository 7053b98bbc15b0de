"""The rate of a run, and the Retry-After of a target."""

import time
from email.utils import formatdate

import httpx
import pytest

from conformance.judging.outcomes import Blocked
from conformance.target.pace import Pace
from conformance.target.retry import BUSY_RETRIES

from .conftest import Answer, Make, failing


def limiting(*headers: dict[str, str]) -> Answer:
    """A target that answers 429 with each of these headers, and then 200."""
    left = list(headers)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers=left.pop(0)) if left else httpx.Response(200, json={})

    return answer


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ({"retry-after": "3"}, 2.9, 3),
        ({"retry-after": "0"}, 0.01, 0.1),
        ({"retry-after": "-5"}, 0.01, 0.1),
        ({"retry-after": "100"}, 99, 100),
        ({"retry-after": "inf"}, 0.9, 1),
        ({"retry-after": "nan"}, 0.9, 1),
        ({"retry-after": "soon"}, 0.9, 1),
        ({"retry-after": "Mon, 05 Jan 1970 00:00:00 GMT"}, 0.01, 0.1),
        ({}, 0.9, 1),
    ],
)
def test_a_429_is_waited_out(
    connect: Make, naps: list[float], header: dict[str, str], least: float, most: float
) -> None:
    assert connect(limiting(header)).list().status == 200
    assert len(naps) == 1
    assert least <= naps[0] <= most


def test_a_429_with_a_date_is_waited_out(connect: Make, naps: list[float]) -> None:
    connect(limiting({"retry-after": formatdate(time.time() + 10, usegmt=True)})).list()
    assert 8 <= naps[0] <= 10


def test_every_answer_to_a_repeated_request_is_watched(connect: Make, naps: list[float]) -> None:
    api = connect(limiting({}, {}))
    api.list()
    assert [exchange.status for exchange in api.trace] == [429, 429, 200]
    assert api.client.budget.sent == 3


def test_a_target_that_stays_busy_blocks(connect: Make, naps: list[float]) -> None:
    api = connect(limiting(*[{}] * 99))
    with pytest.raises(Blocked, match=f"429 {BUSY_RETRIES} times"):
        api.list()


def test_requests_keep_to_the_rate(connect: Make, naps: list[float]) -> None:
    api = connect(lambda request: httpx.Response(200, json={}), rate=0.5)
    for _ in range(3):
        api.list()
    assert [round(nap) for nap in naps] == [0, 2, 2]


def test_nothing_is_sent_before_the_time_asked_for(connect: Make, session: Make) -> None:
    api = connect(failing(session, 503, **{"retry-after": "1"}))
    begun = time.monotonic()
    assert api.get("x").status == 200
    assert time.monotonic() - begun >= 1


@pytest.mark.parametrize("settings", [{}, {"max_seconds": 30.0}])
def test_a_wait_that_is_too_long_ends_the_run(
    connect: Make, naps: list[float], settings: dict[str, float]
) -> None:
    api = connect(limiting({"retry-after": "3600" if not settings else "60"}), **settings)
    for _ in range(2):
        with pytest.raises(Blocked, match="without a request"):
            api.list()
    assert (api.client.budget.sent, naps) == (1, [])
    assert "Retry-After" in api.client.backoff.refused


def test_requests_that_are_paid_for_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    pace = Pace(rate=0.1)
    pace.pay(3)
    for _ in range(3):
        pace.wait()
    assert slept == [pytest.approx(20)]
    pace.wait()
    assert slept[1:] == [pytest.approx(30, abs=9)]
