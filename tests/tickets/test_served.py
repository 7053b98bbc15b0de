"""The mock of the tickets: what happens by itself, and the control plane beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.serving import Api

from .judging import CONTRACT


@pytest.fixture
def desk() -> Iterator[Api]:
    with Api.of(contract=CONTRACT) as api:
        yield api


def created(desk: Api, **members: Any) -> str:
    answer = desk.post("/tickets", json={"subject": "Printer", **members}).raise_for_status()
    return f"/tickets/{answer.json()['id']}"


def test_a_silent_ticket_closes_itself_and_may_be_reopened(desk: Api) -> None:
    ticket = created(desk, expires_after=60)
    desk.post("/__admin/clock/advance", json={"by": "PT60S"}).raise_for_status()
    told = desk.get(ticket).json()
    assert (told["status"], told["resolution"]) == ("closed", "stale")
    told = desk.post(f"{ticket}/reopen").json()
    assert (told["status"], told["resolution"]) == ("open", None)
    desk.post("/__admin/clock/advance", json={"by": "PT59S"}).raise_for_status()
    assert desk.get(ticket).json()["status"] == "open"


def test_tickets_are_taken_out_and_put_back(desk: Api) -> None:
    ticket = created(desk, expires_after=60, priority="high")
    desk.post(f"{ticket}/comments", json={"text": "Hello", "request_key": "1"}).raise_for_status()
    desk.post(f"{ticket}/hold").raise_for_status()
    told, kept = desk.get(ticket).json(), desk.get("/__admin/state").raise_for_status().json()
    desk.post("/__admin/reset").raise_for_status()
    assert desk.get(ticket).status_code == 404
    desk.put("/__admin/state", json=kept).raise_for_status()
    assert desk.get(ticket).json() == told


def test_a_reply_is_forced(desk: Api) -> None:
    answer = desk.post(f"{created(desk)}/hold", headers={"Prefer": "code=409"})
    assert (answer.status_code, answer.json()["title"]) == (409, "Conflict")


def test_the_page_and_the_coverage_are_those_of_the_tickets(desk: Api) -> None:
    created(desk)
    covered = desk.get("/__admin/coverage").json()["operations"]
    assert "createTicket" in {one["operation"] for one in covered}
    assert desk.get("/__admin/ui").status_code == 200
