"""What the control plane does grows with what it is given alone, and holds nobody up."""

import asyncio
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from mock_server.admin import operations as state_bodies
from mock_server.admin import state
from mock_server.contract.document import load_contract
from mock_server.contract.fixtures import fixture_violations
from mock_server.domain.agents import load_agents
from mock_server.domain.clock import Clock
from mock_server.domain.events import Events
from mock_server.sandbox.documents import document_of, rows_of
from mock_server.sandbox.state_check import find_fault
from tests.growth import expect_linear
from tests.serving import HANGING, Api

LIFECYCLE = load_contract().lifecycle
TIME = "2030-01-05T09:00:00.000000Z"


def state_of(size):
    """A state of so many sessions."""
    ids = (str(uuid.UUID(int=number)) for number in range(size))
    return {
        "version": 1,
        "sessions": [{"id": id, "agent_id": "agent-echo", "created_time": TIME} for id in ids],
    }


def agents_of(size, agent):
    return {"agents": {f"agent-{number}": agent for number in range(size)}}


def emitted(size):
    """Waiters for what never comes, and events before and meanwhile."""

    async def wait():
        events = Events(Clock(None, 1))
        for number in range(size):
            events.emit("session.turn", str(number))
        waiting = [
            asyncio.ensure_future(events.wait_for({"type": "session.final"}, 1, 0, HANGING))
            for _ in range(40)
        ]
        for number in range(20):
            await asyncio.sleep(0)
            events.emit("session.turn", str(number))
        for waiter in waiting:
            waiter.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(wait())


ENTRIES = {
    "a state that is looked through": lambda size: find_fault(
        state_of(size), ["agent-echo"], LIFECYCLE
    ),
    "a state that is taken": lambda size: rows_of(state_of(size), LIFECYCLE),
    "a state that is told": lambda size: document_of(
        {"call_results": [], "audit": [], "outbox": [], **rows_of(state_of(size), LIFECYCLE)}
    ),
    "agents": lambda size: load_agents(agents_of(size, {"script": [{"reply": "Aye"}]})),
    "bad agents": lambda size: fixture_violations(agents_of(size, {"bad": 1})),
    "events that many wait for": emitted,
}


@pytest.mark.parametrize("name", ENTRIES)
def test_work_grows_with_its_input_alone(name):
    expect_linear(ENTRIES[name], small=1_000)


def test_who_waits_looks_at_each_event_once(monkeypatch):
    looked = []
    seen = Events.after
    monkeypatch.setattr(
        Events, "after", lambda self, last: looked.extend(found := seen(self, last)) or found
    )
    emitted(500)
    assert len(looked) <= 40 * 520


@pytest.mark.parametrize(
    ("module", "name", "size"), [(state, "find_fault", 1), (state_bodies, "parse_strictly", 1_000)]
)
def test_others_are_answered_while_a_state_is_read_and_judged(monkeypatch, module, name, size):
    begun, over, work = threading.Event(), threading.Event(), getattr(module, name)

    def held(*parts):
        begun.set()
        assert over.wait(HANGING)
        return work(*parts)

    monkeypatch.setattr(module, name, held)
    with Api.of() as api, ThreadPoolExecutor() as pool:
        put = pool.submit(api.admin, "PUT", "/state", json=state_of(size))
        try:
            assert begun.wait(HANGING)
            assert api.get("/livez").status_code == 200
        finally:
            over.set()
        assert put.result(HANGING).json() == {"sessions": size}
