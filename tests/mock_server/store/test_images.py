"""What survives closing, goes out as an image, and comes back."""

import pytest

from mock_server.domain.records import Change, SessionQuery
from mock_server.domain.session import Message
from mock_server.sandbox.documents import document_of, rows_of
from mock_server.store.postgres import tables as postgres_tables
from mock_server.store.sqlite import tables as sqlite_tables
from tests.mock_server.store.rows import (
    CONTRACT,
    LASTING,
    ODD,
    WEBHOOK,
    beside,
    completion,
    database_of,
    final,
    finish,
    sandbox_of,
    session,
)


@pytest.fixture(params=["small", "large"], autouse=True)
def size(request, monkeypatch):
    """A large state is written and read in another way."""
    if request.param == "large":
        monkeypatch.setattr(sqlite_tables, "_MANY", 0)
        monkeypatch.setattr(postgres_tables, "_PIECE", 1)


@pytest.mark.parametrize("db", LASTING, indirect=True)
def test_what_is_stored_together_is_stored_one_by_one_too(store, opened, run):
    async def both():
        async with store.sessions.together():
            for number in (1, 2):
                await store.sessions.insert(session(number, messages=(Message("user", "one", 1),)))

    run(both())
    run(database_of(store).close())
    assert run(opened(sandbox_of(store)).sessions.count()) == 2


@pytest.mark.parametrize("db", LASTING, indirect=True)
def test_what_is_stored_survives_closing(store, opened, run):
    call = [{"id": "1", "name": "t", "arguments": {"n": 2**63}, "response": None}]
    kept = session(additional_data={"a": "\x00ü"}, messages=(Message("assistant", "", 1, call),))
    run(store.sessions.insert(kept))
    complete = lambda stored: completion(stored, WEBHOOK)  # noqa: E731
    run(store.sessions.apply(Change(final(), "active", complete=complete, seen=1)))
    run(database_of(store).close())
    again = opened(sandbox_of(store))
    stored = run(again.sessions.get("s1"))
    assert (stored.messages, stored.additional_data) == (kept.messages, kept.additional_data)
    (delivery,) = run(again.outbox.deliveries())
    assert (delivery.url, delivery.headers, delivery.payload) == (
        "http://x/",
        {"K": "v"},
        b'{"a":"\\u0000"}',
    )
    assert sandbox_of(store) in run(database_of(again).sandboxes())


def test_an_image_brings_the_same_state_back(store, run):
    run(store.sessions.insert(session(1, agent_id=ODD, external_hash="h", ttl_seconds=60)))
    said = (Message("user", ODD, 1), Message("assistant", "x", 2, [{"id": "1"}]))
    run(
        store.sessions.apply(
            Change(session(1, ttl_seconds=60), "active", messages=said, reply_from=1, key=ODD)
        )
    )
    run(store.sessions.insert(session(3)))
    finish(run, store, 2, webhook=WEBHOOK, completedTime="1970-01-01T00:00:00.000009Z")
    image = run(store.image.dump())
    before = run(store.sessions.page(SessionQuery(0, 9)))
    run(store.sessions.insert(session(4)))
    run(store.image.load(image))
    assert run(store.sessions.page(SessionQuery(0, 9))) == before
    assert run(store.sessions.replay("s1", ODD)).messages == said[1:]
    assert [entry["event"] for entry in run(store.image.dump())["audit"]] == ["ttl"]
    assert run(store.sessions.next_expiry()) == 60_000_001
    assert document_of(run(store.image.dump())) == document_of(image)
    other = beside(store)
    run(other.image.load(rows_of(document_of(image), *CONTRACT)))
    assert document_of(run(other.image.dump())) == document_of(image)
    run(store.image.load({}))
    assert (run(store.sessions.count()), run(other.sessions.count())) == (0, 3)
    assert run(store.outbox.deliveries()) == []
    assert not any(run(store.image.dump()).values())


def test_the_latest_instant_is_that_of_an_activity_or_an_end(store, run):
    assert run(store.sessions.latest()) is None
    run(store.sessions.insert(session(1, last_activity=5)))
    assert run(store.sessions.latest()) == 5
    finish(run, store, 2)
    assert run(store.sessions.latest()) == run(store.sessions.get("s2")).finished > 5


def test_rows_are_added_whole_or_not_at_all(store, run):
    kept = beside(store)
    taken = session(2, external_hash="h", messages=(Message("user", "x", 1),))
    run(kept.sessions.insert(session(1)))
    run(kept.sessions.insert(taken))
    rows = run(kept.image.dump())
    run(store.sessions.insert(session(9, external_hash="h")))
    before = run(store.image.dump())
    assert not run(store.image.add(rows))
    assert run(store.image.dump()) == before
    run(store.sessions.apply(Change(final(9), "active")))
    assert not run(store.image.add(rows, only_if_empty=True))
    assert run(store.image.add(rows))
    assert not run(store.image.add(rows))
    assert run(store.sessions.get("s2")) == taken
    assert run(store.sessions.count()) == 3
    run(store.image.load({}))
    assert run(store.image.add(rows, only_if_empty=True))
    assert run(store.image.dump()) == rows == run(kept.image.dump())


def test_what_is_loaded_is_older_than_what_comes_after(store, run):
    """Of one instant, as under a frozen clock, the later one is listed first."""
    run(store.image.load(rows_of({"sessions": [loaded(number) for number in range(3)]}, *CONTRACT)))
    run(store.sessions.insert(session(9, last_activity=0)))
    page, _ = run(store.sessions.page(SessionQuery(0, 9, state="active")))
    assert [one.id for one in page] == ["s9", "s2", "s1", "s0"]


def loaded(number):
    return {"id": f"s{number}", "agent_id": "a", "created_time": "1970-01-01T00:00:00Z"}
