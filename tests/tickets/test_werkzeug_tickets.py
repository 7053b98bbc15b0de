"""The server that the tickets' rules are tried on: it is right, and each of its faults shows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from werkzeug.test import Client

from tests.sampling import every

from .judging import CONTRACT
from .werkzeug_tickets.courier import Courier
from .werkzeug_tickets.faults import FAULTS
from .werkzeug_tickets.site import Site

NAMES = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+\+00:00")
UNKNOWN = "/tickets/00000000-0000-4000-8000-000000000000"
ALONE = "keys-race"  # shows only where two requests come at once


class Visit:
    """A client of a fresh server, which notes what it is answered; ids and instants are named by
    the order in which they are met."""

    def __init__(self, fault: str) -> None:
        self.site = Site("key", Courier(None))
        self.site.courier.url = "http://nobody"  # kept, as nothing delivers it
        self.now = 1_800_000_000_000_000_000
        self.site.desk.clock = lambda: self.now
        if fault:
            FAULTS[fault].plant(self.site)
        self.told: list[Any] = []
        self.names: dict[str, str] = {}
        self.client = Client(self.site)

    def send(self, method: str, path: str, key: str = "key", **more: Any) -> Any:
        self.now += 1_000_000_000
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        answer = self.client.open(path, method=method, headers=headers, **more)
        shown = answer.get_data(as_text=True)
        kinds = answer.headers.get("WWW-Authenticate"), answer.content_type
        self.told.append((answer.status_code, kinds, NAMES.sub(self.named, shown)))
        return answer.json

    def named(self, found: re.Match[str]) -> str:
        return self.names.setdefault(found[0], f"<{len(self.names)}>")

    def create(self, **members: Any) -> str:
        return f"/tickets/{self.send('POST', '/tickets', json={'subject': 's', **members})['id']}"

    def say(self, ticket: str, text: str, key: str | None = None) -> None:
        self.send("POST", f"{ticket}/comments", json={"text": text, "request_key": key})

    def do(self, ticket: str, *events: str) -> None:
        for event in events:
            self.send("POST", f"{ticket}/{event}")
            self.send("GET", ticket)


def visit(fault: str = "") -> list[Any]:
    v = Visit(fault)
    ticket, other = v.create(priority="high"), v.create()
    for text, key in ((" one ", "k" * 20), (" one ", "k" * 20), ("two", "k" * 19), ("🙂", None)):
        v.say(ticket, text, key)
        v.send("GET", ticket)
    v.say(other, "three", "k" * 20)
    v.say(other, " ")
    v.say(other, "four", "k" * 65)
    v.do(ticket, "hold", "hold")
    v.say(ticket, "five")
    v.do(ticket, "reopen", "hold", "reopen", "close", "close")
    v.say(ticket, "six")
    v.do(ticket, "hold", "reopen", "close")
    lists: tuple[dict[str, Any], ...] = (
        {}, {"limit": 1}, {"limit": 1, "offset": 1}, {"status": "closed"}, {"priority": "high"},
        {"updated_after": v.send("GET", other)["updated_at"]},
        {"status": "open", "priority": "high"},
    )  # fmt: skip
    for query in lists:
        v.send("GET", "/tickets", query_string=query)
    v.send("GET", UNKNOWN)
    v.send("GET", "/tickets", key="")
    v.create(expires_after=60)
    for seconds in (59, 60.5, True):
        v.send("POST", "/tickets", json={"subject": "s", "expires_after": seconds})
    for _ in range(62):
        v.send("GET", "/tickets", query_string={"status": "closed"})
    announced = [*v.site.courier.waiting.queue]
    v.told += [v.site.courier.again(status) for status in (200, 404, 503, 0)]
    return [*v.told, NAMES.sub(v.named, str(announced))]


@pytest.fixture(scope="module")
def faultless() -> list[Any]:
    return visit()


def test_a_faultless_server_tells_one_story(faultless: list[Any]) -> None:
    told = visit()
    assert told == faultless
    assert max(step[0] for step in told if isinstance(step, tuple)) < 500


@pytest.mark.parametrize("fault", every(4, sorted({*FAULTS} - {ALONE})))
def test_a_fault_changes_what_is_told(fault: str, faultless: list[Any]) -> None:
    assert visit(fault) != faultless


def test_a_fault_names_rules_of_the_contract() -> None:
    rules = CONTRACT.read_text("utf-8")
    named = {rule for fault in FAULTS.values() for rule in fault.rules}
    assert [rule for rule in sorted(named) if f"{{id: {rule}," not in rules] == []
