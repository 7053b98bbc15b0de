"""What is sent again, and what counts."""

from contextlib import suppress

import httpx
import pytest

from conformance.judging.outcomes import Blocked, Hiccup
from conformance.target.retry import GATEWAY_RETRIES

from .conftest import Make, failing


def test_a_short_failure_of_a_gateway_is_waited_out(
    connect: Make, session: Make, naps: list[float]
) -> None:
    api = connect(failing(session, 503, 504))
    assert api.get("x").status == 200
    assert "HTTP-02" not in api.client.evidence.findings
    assert api.client.budget.sent == 3


def test_a_failure_that_stays_is_the_targets(
    connect: Make, session: Make, naps: list[float]
) -> None:
    api = connect(failing(session, *[503] * 9))
    assert api.get("x").status == 503
    assert "HTTP-02" in api.client.evidence.findings


def test_a_500_is_the_targets_at_once(connect: Make, session: Make) -> None:
    api = connect(failing(session, 500))
    assert api.get("x").status == 500
    assert "HTTP-02" in api.client.evidence.findings


def test_what_is_not_safe_to_repeat_ends_the_check_until_it_insists(
    connect: Make, session: Make
) -> None:
    api = connect(failing(session, 503, 503))
    with pytest.raises(Hiccup, match="a gateway's alone"):
        api.open()
    assert "HTTP-02" not in api.client.evidence.findings
    api.client.retry.insists = True
    assert api.open().status == 503
    assert "HTTP-02" in api.client.evidence.findings


def test_a_target_that_is_down_is_accused_of_nothing_by_the_clean_up(
    connect: Make, session: Make, naps: list[float]
) -> None:
    api = connect(failing(session, *[503] * 9))
    api.client.circuit.open("the target is down")
    with pytest.raises(Blocked, match="is down"):
        api.list()
    api.client.wind_down()
    for _ in range(3):
        with pytest.raises(Blocked):
            api.list()
    assert not api.client.evidence.findings
    assert api.client.budget.sent == 2  # after which nothing is hoped for


@pytest.mark.parametrize("status", [502, 503])
def test_a_turn_that_failed_is_sent_again(connect: Make, session: Make, status: int) -> None:
    api = connect(failing(session, status))
    api.client.ledger.note_open("x")
    assert api.submit("x").status == 200
    api = connect(lambda request: httpx.Response(status))
    api.client.ledger.note_open("x")
    assert api.submit("x").status == status
    assert api.client.budget.sent == 1 + GATEWAY_RETRIES


@pytest.mark.parametrize(
    ("operation", "sent"), [("list", 2), ("end", 2), ("open", 1), ("submit", 1)]
)
def test_what_is_safe_to_repeat_is_sent_again_where_the_connection_was_closed(
    connect: Make, session: Make, operation: str, sent: int
) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) == 1:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        return httpx.Response(200, json=session())

    api = connect(answer)
    api.client.ledger.note_open(session()["id"])
    keyed = {"key": "key"} if operation == "submit" else {}
    with suppress(Blocked):
        getattr(api, operation)(*[session()["id"]] * (operation in ("end", "submit")), **keyed)
    assert len(seen) == sent
