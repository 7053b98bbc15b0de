"""What the control plane does grows with what it is given alone, and holds nobody up."""

import asyncio
import gc
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from mock_server.admin import operations as state_bodies
from mock_server.admin import state
from mock_server.contract.fixtures import fixture_violations
from mock_server.domain import agents
from mock_server.domain.agents import load_agents
from mock_server.domain.clock import Clock
from mock_server.domain.events import Events
from mock_server.mock import Mock
from mock_server.sandbox import sandbox as sandbox_module
from mock_server.sandbox.documents import document_of, rows_of
from mock_server.sandbox.seeds import draft
from mock_server.sandbox.state_check import find_fault
from mock_server.settings import Settings
from mock_server.store.image import Image
from tests.growth import expect_linear
from tests.serving import CHATS, HANGING, Api, usual_files

_READ = usual_files().contract
CONTRACT = (_READ.lifecycle, _READ.resource.result)
TALKER = {"script": [{"reply": "Aye"}]}
HELD = 0.02  # seconds
MOST_SECONDS = 0.05
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
        state_of(size), ["agent-echo"], *CONTRACT
    ),
    "a state that is taken": lambda size: rows_of(state_of(size), *CONTRACT),
    "a state that is told": lambda size: document_of(
        {"call_results": [], "audit": [], "outbox": [], **rows_of(state_of(size), *CONTRACT)}
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
    ("module", "name", "size"),
    [
        (state, "find_fault", 1),
        (state_bodies, "parse_strictly", 1_000),
        (Image, "_load", 1_000),
    ],
)
def test_others_are_answered_while_a_state_is_judged_and_stored(monkeypatch, module, name, size):
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


@pytest.mark.parametrize("work", ["words", "filters"])
def test_others_are_answered_while_much_is_looked_for(monkeypatch, work):
    """For words in a text, or for values in call results."""
    begun, over = threading.Event(), threading.Event()

    def held(*_):
        begun.set()
        assert over.wait(HANGING)
        return False

    matches = [{"word": f"w{number}", "reply": "a"} for number in range(100)]
    with Api.of() as api, ThreadPoolExecutor() as pool:
        api.steer("POST", "/seed", json={"agents": {"a": {**TALKER, "words": matches}}})
        if work == "words":
            monkeypatch.setattr(agents, "holds_word", held)
            asked = pool.submit(api.submit, api.open("a")["id"], "x" * 1_000)
        else:
            api.end(api.open()["id"])
            api.mock.database.connection.create_function("holds", 2, held)
            asked = pool.submit(api.search, additionalDataFilters={"a": 1})
        try:
            assert begun.wait(HANGING)
            assert api.get("/livez").status_code == 200
        finally:
            over.set()
        asked.result(HANGING)


STEPS = {
    "it is put": ("PUT", "/state"),
    "it is put over another": ("PUT", "/state"),
    "it is shown": ("GET", "/state"),
    "it is kept": ("POST", "/snapshots/a"),
    "it is brought back": ("POST", "/snapshots/a/restore"),
    "it is kept no longer": ("DELETE", "/snapshots/a"),
    "it is refused": ("PUT", "/state"),
    "its sessions expire": ("POST", "/clock/advance"),
    "it is reset": ("POST", "/reset"),
}


def longest_turns(size, turns):
    """How long one turn of the event loop takes at most in each step, of its thread's own time."""
    whole = state_of(size)
    for session in whole["sessions"]:
        session["ttl_seconds"] = 60
        session["messages"] = [{"role": "user", "content": "Hello"}] * 8
    longest = {}
    with Api.of() as api:
        api.steer("PUT", "/state", json=state_of(1))  # what is made at the first call
        for step, (method, path) in STEPS.items():
            turns.clear()
            body = whole if method == "PUT" else {"by": "PT1H"} if "clock" in path else None
            if step == "it is refused":
                body = {**whole, "unknown": 1}
            given = api.admin(method, path, json=body, timeout=HANGING)
            assert given.is_success != (step == "it is refused"), given.text
            longest[step] = max(turns)
    return longest


@pytest.fixture
def turns(monkeypatch):
    """How long each turn of the event loop takes, of its thread's own time."""
    turns, run = [], asyncio.Handle._run

    def measured(handle):
        begun = time.thread_time()
        run(handle)
        turns.append(time.thread_time() - begun)

    monkeypatch.setitem(sys.modules, "uvloop", None)  # whose turns nobody sees
    monkeypatch.setattr(asyncio.Handle, "_run", measured)
    gc.disable()  # it comes when it likes
    yield turns
    gc.enable()


@pytest.mark.slow
def test_no_turn_of_the_loop_grows_with_the_state(turns):
    grown = set(STEPS)
    for _ in range(3):  # other work on the machine makes a turn longer, never shorter
        small, large = longest_turns(600, turns), longest_turns(9_600, turns)
        grown = {step for step in grown if large[step] > max(HELD, 3 * small[step])}
        if not grown:
            break
    assert not [(step, small[step], large[step]) for step in grown]


@pytest.mark.slow
def test_no_turn_is_long_while_20000_sessions_expire_on_postgres(turns, postgres):
    document = state_of(20_000)
    for session in document["sessions"]:
        session["ttl_seconds"] = 60
    with Api.of(db=postgres.url(postgres.create())) as api:
        api.steer("PUT", "/state", json=document, timeout=HANGING)
        turns.clear()
        api.steer("POST", "/clock/advance", json={"by": "PT1H"}, timeout=None)
        assert max(turns) < MOST_SECONDS
        assert api.count("final") == 20_000


@pytest.mark.slow
@pytest.mark.parametrize(("sessions", "messages", "characters"), [(100, 5_000, 5), (15, 4, 10**6)])
def test_no_turn_is_long_while_large_sessions_are_handed_out(turns, sessions, messages, characters):
    said = [{"role": "user", "content": "x" * characters}] * messages
    document = state_of(sessions)
    for session in document["sessions"]:
        session |= {"messages": said, "ttl_seconds": 60}
    first = f"{CHATS}/{document['sessions'][0]['id']}"
    with Api.of() as api:
        for method, path, body in (
            ("PUT", "/__admin/state", document),
            ("GET", f"{CHATS}?take=100", None),
            ("GET", first, None),
            ("GET", "/__admin/state", None),
            ("POST", f"{first}/end", {}),
            ("POST", "/__admin/clock/advance", {"by": "PT1H"}),
            ("POST", "/api/v1/callresults/search", {"size": 100}),
            ("POST", "/__admin/reset", None),
        ):
            turns.clear()
            api.request(method, path, json=body, timeout=HANGING).raise_for_status()
            assert max(turns) < MOST_SECONDS, path


def test_others_have_their_turn_while_a_seed_is_played_and_told():
    sandbox = Mock(Settings(), usual_files()).sandbox
    told = []  # at each look

    async def look():
        while True:
            told.append(sandbox.events.last_id)
            await asyncio.sleep(0)

    async def plant():
        looking = asyncio.create_task(look())
        await sandbox.plant({"sessions": [{"agent_id": "agent-echo"}] * 1_200})
        looking.cancel()

    asyncio.run(plant())
    assert told.count(0) > 1_200
    assert {0, 500, 1_000} <= {*told}
    assert sandbox.events.last_id == 1_200


def test_a_state_is_judged_again_when_an_agent_has_gone_meanwhile(monkeypatch):
    whole = state_of(1)
    whole["sessions"][0]["agent_id"] = "visitor"
    judged = []

    def judge(document, agents, *contract):
        judged.append("visitor" in agents)
        if len(judged) == 1:
            api.steer("POST", "/reset")
        return find_fault(document, agents, *contract)

    monkeypatch.setattr(state, "find_fault", judge)
    with Api.of() as api:
        api.steer("POST", "/seed", json=agents_of(1, {}) | {"agents": {"visitor": TALKER}})
        refused = api.admin("PUT", "/state", json=whole)
        assert refused.status_code == 400
        assert "there is no agent" in refused.json()["errors"][0]["detail"]
        assert api.count() == 0
    assert judged == [True, False]


def test_a_seed_is_played_again_when_its_agent_has_gone_meanwhile(monkeypatch):
    played = []

    async def play(*parts):
        made = await draft(*parts)
        played.append(made)
        if len(played) == 1:
            await api.mock.sandbox.reset(frozenset(), {})
        return made

    monkeypatch.setattr(sandbox_module, "draft", play)
    with Api.of() as api:
        api.steer("POST", "/seed", json={"agents": {"visitor": TALKER}})
        played.clear()
        refused = api.admin("POST", "/seed", json={"sessions": [{"agent_id": "visitor"}]})
        assert (refused.status_code, api.count()) == (409, 0)
        assert refused.json()["type"].endswith("/seed-refused")
