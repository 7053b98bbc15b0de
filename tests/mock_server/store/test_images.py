"""What survives closing, goes out as an image, and is discarded."""

import pytest

from mock_server.domain.repository import Change, SessionQuery
from mock_server.domain.session import Message
from mock_server.sandbox.documents import document_of, image_of
from tests.mock_server.store.rows import (
    LASTING,
    ODD,
    WEBHOOK,
    beside,
    completion,
    final,
    finish,
    session,
)


@pytest.mark.parametrize("db", LASTING, indirect=True)
def test_what_is_stored_together_is_stored_one_by_one_too(store, opened, run):
    async def both():
        async with store.together():
            for number in (1, 2):
                await store.insert(session(number, messages=(Message("user", "one", 1),)))

    run(both())
    run(store.database.close())
    assert run(opened(store.sandbox).count()) == 2


@pytest.mark.parametrize("db", LASTING, indirect=True)
def test_what_is_stored_survives_closing(store, opened, run):
    call = [{"id": "1", "name": "t", "arguments": {"n": 2**63}, "response": None}]
    kept = session(additional_data={"a": "\x00ü"}, messages=(Message("assistant", "", 1, call),))
    run(store.insert(kept))
    run(store.apply(Change(final(), complete=lambda s: completion(s, WEBHOOK))))
    run(store.database.close())
    again = opened(store.sandbox)
    stored = run(again.get("s1"))
    assert (stored.messages, stored.additional_data) == (kept.messages, kept.additional_data)
    (delivery,) = run(again.deliveries())
    assert (delivery.url, delivery.headers, delivery.payload) == (
        "http://x/",
        {"K": "v"},
        b'{"a":"\\u0000"}',
    )
    assert store.sandbox in run(again.database.sandboxes())


def test_an_image_brings_the_same_state_back(store, run):
    run(store.insert(session(1, agent_id=ODD, external_hash="h", ttl_seconds=60)))
    said = (Message("user", ODD, 1), Message("assistant", "x", 2, [{"id": "1"}]))
    run(store.apply(Change(session(1, ttl_seconds=60), messages=said, reply_from=1, key=ODD)))
    run(store.insert(session(3)))
    finish(run, store, 2, webhook=WEBHOOK, completedTime="1970-01-01T00:00:00.000009Z")
    image = run(store.dump())
    before = run(store.list_sessions(SessionQuery(0, 9, state="all")))
    run(store.insert(session(4)))
    run(store.load(image))
    assert run(store.list_sessions(SessionQuery(0, 9, state="all"))) == before
    assert run(store.replay("s1", ODD)).messages == said[1:]
    assert [entry["event"] for entry in run(store.dump())["audit"]] == ["ttl"]
    assert run(store.next_expiry()) == 60_000_001
    assert document_of(run(store.dump())) == document_of(image)
    other = beside(store)
    run(other.load(image_of(document_of(image), run(store.database.serial()))))
    assert document_of(run(other.dump())) == document_of(image)
    run(store.clear())
    assert (run(store.count()), run(other.count())) == (0, 3)
    assert run(store.deliveries()) == []
    assert not any(run(store.dump()).values())


def test_the_latest_instant_is_that_of_an_activity_or_an_end(store, run):
    assert run(store.latest()) is None
    run(store.insert(session(1, last_activity=5)))
    assert run(store.latest()) == 5
    finish(run, store, 2)
    assert run(store.latest()) == run(store.get("s2")).finished > 5


def test_discarded_sessions_leave_nothing(store, run):
    kept = beside(store)
    for one in (store, kept):
        run(one.insert(session(2)))
        run(one.apply(Change(session(2), messages=(Message("user", "x", 1),), key="k")))
        finish(run, one, 2, webhook=WEBHOOK)
    run(store.insert(session(4)))
    before = run(kept.dump())
    run(store.discard(["s2", "nobody"]))
    image = run(store.dump())
    assert [row["id"] for row in image.pop("sessions")] == ["s4"]
    assert not any(image.values())
    assert run(kept.dump()) == before
