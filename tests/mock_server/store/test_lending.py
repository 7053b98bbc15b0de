"""While a thread has the connection of the embedded store, each call waits, and no loop does."""

import asyncio
import threading

import pytest

from mock_server.domain.records import CallResultQuery
from mock_server.domain.store import Sessions
from mock_server.sandbox.documents import rows_of
from mock_server.store.image import Image
from mock_server.store.outbox import Outbox
from mock_server.store.sqlite.tables import Transaction
from tests.mock_server.store.rows import CONTRACT, beside, database_of, session
from tests.serving import HANGING

PARTS = {"sessions": vars(Sessions), "results": ["search"], "outbox": vars(Outbox)}
PARTS["image"] = vars(Image)
CALLS = [
    (part, name)
    for part, names in PARTS.items()
    for name in names
    if not name.startswith("_")
    if name not in ("touch", "claim", "waiting", "released", "locked")  # which ask nothing
]
MANY = {
    "sessions": [
        {
            "id": f"{number:08}-0000-4000-8000-000000000000",
            "agent_id": "a",
            "created_time": "1970-01-01T00:00:00Z",
            "messages": [{"role": "user", "content": "x"}],
        }
        for number in range(1_000)
    ]
}


@pytest.fixture(params=["memory", "file"])
def db(request, tmp_path):
    return tmp_path / "state.db" if request.param == "file" else None


@pytest.fixture
def lent(store, run):
    """Carry out a scene while a thread has the connection."""

    def during(scene):
        async def whole():
            over = threading.Event()
            loan = asyncio.create_task(database_of(store).lend(lambda: over.wait(HANGING)))
            await asyncio.sleep(0)
            try:
                assert store.tables.calls == 1
                await scene()
            finally:
                over.set()
                assert await loan
            assert store.tables.calls == 0

        run(whole())

    return during


@pytest.mark.parametrize(("part", "name"), CALLS)
def test_each_call_waits_its_turn(store, lent, part, name):
    async def scene():
        call = getattr(getattr(store, part), name)
        looked_at = {"search": CallResultQuery(0, 9, 9), "insert": session()}
        given = [looked_at.get(name)] * (call.__func__.__code__.co_argcount - 1)
        made = call.__func__(call.__self__, *given)
        waiting = made.__aenter__() if name == "together" else made
        assert asyncio.isfuture(waiting.send(None))  # else it raises, as it is given nothing
        waiting.close()

    lent(scene)


def test_who_waits_is_answered_afterwards(store, lent, run):
    async def both():
        over = threading.Event()
        loan = asyncio.create_task(database_of(store).lend(over.wait))
        await asyncio.sleep(0)
        stored = asyncio.create_task(store.sessions.insert(session()))
        listed = asyncio.create_task(database_of(store).sandboxes())
        done, _ = await asyncio.wait([stored, listed, loan], timeout=0)
        assert not done
        over.set()
        return await stored, await listed

    assert run(both()) == (True, [store.tables.sandbox])


def test_a_loan_that_nobody_waits_for_any_longer_ends_all_the_same(store, run):
    async def scene():
        over = threading.Event()
        loan = asyncio.create_task(database_of(store).lend(over.wait))
        await asyncio.sleep(0)
        loan.cancel()
        await asyncio.wait([loan])
        assert store.tables.calls == 1
        waiting = asyncio.create_task(store.sessions.count())
        over.set()
        return await waiting

    assert run(scene()) == 0


def test_a_large_state_is_written_in_a_thread_whole_or_not_at_all(store, run, monkeypatch):
    threads, insert = set(), Transaction.insert_all

    async def failing(tables, table, rows):
        threads.add(threading.current_thread())
        if table == "call_results":
            raise RuntimeError("no room")
        await insert(tables, table, rows)

    rows = rows_of(MANY, *CONTRACT)
    run(store.sessions.insert(session(1)))
    before = run(store.image.dump())
    monkeypatch.setattr(Transaction, "insert_all", failing)
    for change in (store.image.load, store.image.add):
        with pytest.raises(RuntimeError):
            run(change(rows))
    monkeypatch.undo()
    assert threading.main_thread() not in threads
    assert run(store.image.dump()) == before
    run(store.image.load(rows))
    assert run(store.sessions.count()) == 1_000
    assert run(store.image.dump())["messages"] == rows["messages"]


def test_a_sandbox_is_emptied_without_a_look_at_all_that_others_hold(store, run):
    rows, steps = rows_of(MANY, *CONTRACT), []
    run(beside(store).image.load(rows))
    database_of(store).connection.set_progress_handler(lambda: steps.append(1), 100)
    run(store.image.load({}))
    database_of(store).connection.set_progress_handler(None, 0)
    assert len(steps) < 20
    assert run(beside(store).sessions.count()) == len(rows["sessions"])
