"""The embedded store: what is whole, what is unique, and what stays fast."""

import time

import pytest

from mock_server.chats import external_hash
from mock_server.database import Database
from mock_server.repository import CallResultQuery, Change, Completion, SessionQuery
from mock_server.session import Message, Session
from mock_server.store import SqliteRepository


@pytest.fixture
def store():
    return SqliteRepository(Database(), "default")


def session(number=1, **members):
    defaults = {"agent_id": "a", "channel": "web", "ttl_seconds": None}
    return Session(f"s{number}", **{**defaults, "created": 1, "last_activity": number, **members})


def final(number=1, **members):
    return session(number, state="final", final_reason="ttl", finished=9, **members)


def completion(stored, webhook=None):
    result = {"agentId": "a", "callStatus": "Completed", "endpoint": "web"}
    return Completion(result, 9, 9, "ttl", None, webhook)


def test_an_endpoint_takes_one_active_session_per_sandbox(store, run):
    other = SqliteRepository(store.database, "other")
    assert run(store.insert(session(1, external_hash="h")))
    assert not run(store.insert(session(2, external_hash="h")))
    assert run(store.insert(session(3)))
    assert run(store.insert(session(4)))
    assert run(other.insert(session(1, external_hash="h")))
    assert run(store.apply(Change(final(1))))
    assert run(store.insert(session(5, external_hash="h")))


def test_a_sandbox_sees_nothing_of_another(store, run):
    other = SqliteRepository(store.database, "other")
    run(store.insert(session()))
    assert run(other.get("s1")) is None
    assert run(other.list_sessions(SessionQuery(0, 9, state="all"))) == ([], 0)
    assert run(other.apply(Change(final()))) is None
    assert run(store.get("s1")) == session()


def test_only_the_first_finalisation_is_stored(store, run):
    run(store.insert(session()))
    assert run(store.apply(Change(final(), complete=completion))).final_reason == "ttl"
    assert run(store.apply(Change(final(), complete=completion))) is None
    assert len(run(store.audit("s1"))) == 1


def test_a_turn_on_a_final_session_stores_nothing(store, run):
    run(store.insert(session()))
    run(store.apply(Change(final())))
    turn = Change(session(), messages=(Message("user", "x", 5),), key="k")
    assert run(store.apply(turn)) is None
    assert run(store.get("s1")).messages == ()
    assert run(store.replay("s1", "k")) is None


def test_a_change_that_fails_half_way_leaves_nothing(store, run):
    run(store.insert(session()))

    def broken(_):
        raise RuntimeError("analysis")

    with pytest.raises(RuntimeError):
        run(store.apply(Change(final(), complete=broken)))
    assert run(store.get("s1")) == session()


def test_an_expiry_is_refused_when_the_session_was_active_again(store, run):
    run(store.insert(session(ttl_seconds=60)))
    assert run(store.overdue(60_000_001)) == []
    assert run(store.overdue(60_000_002)) == ["s1"]
    assert run(store.apply(Change(final(), overdue_at=60_000_001))) is None
    assert run(store.next_expiry()) == 60_000_001
    assert run(store.apply(Change(final(), overdue_at=60_000_002)))
    assert run(store.next_expiry()) is None


def test_the_pipeline_sees_the_whole_transcript(store, run):
    run(store.insert(session()))
    seen = []

    def complete(stored):
        seen.extend(message.content for message in stored.messages)
        return completion(stored)

    run(store.apply(Change(session(), messages=(Message("user", "one", 1),))))
    run(store.apply(Change(final(), messages=(Message("user", "two", 2),), complete=complete)))
    assert seen == ["one", "two"]


def test_what_a_file_holds_survives_closing(tmp_path, run):
    database = Database(tmp_path / "state.db")
    store = SqliteRepository(database, "default")
    call = [{"id": "1", "name": "t", "arguments": {"n": 2**63}, "response": None}]
    kept = session(additional_data={"a": "\x00ü"}, messages=(Message("assistant", "", 1, call),))
    run(store.insert(kept))
    webhook = {"url": "http://x/", "headers": {"K": "v"}, "payload": {"a": 1}}
    run(store.apply(Change(final(), complete=lambda s: completion(s, webhook))))
    database.close()
    again = SqliteRepository(Database(tmp_path / "state.db"), "default")
    stored = run(again.get("s1"))
    assert (stored.messages, stored.additional_data) == (kept.messages, kept.additional_data)
    (delivery,) = run(again.deliveries())
    assert (delivery.url, delivery.headers, delivery.payload) == (
        "http://x/",
        {"K": "v"},
        b'{"a":1}',
    )


def test_ten_thousand_sessions_are_listed_fast(store, run):
    for number in range(10_000):
        run_now(store.insert(session(number, agent_id=f"a{number % 7}", channel=f"c{number % 3}")))
    begun = time.perf_counter()
    for query in (
        SessionQuery(0, 20),
        SessionQuery(9000, 200, state="all"),
        SessionQuery(0, 20, agent_id="a1", channel="c1"),
        SessionQuery(0, 20, updated_after=5000),
    ):
        page, total = run_now(store.list_sessions(query))
        assert len(page) == query.take
        assert total > 400
    assert time.perf_counter() - begun < 0.5


def run_now(coroutine):
    """Run a coroutine that awaits nothing, without the cost of a loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("the embedded store awaited something")


def test_the_order_of_keys_at_any_depth_makes_no_difference():
    one = {"a": {"x": [{"p": 1, "q": 2}], "y": None}, "b": "ü"}
    other = {"b": "ü", "a": {"y": None, "x": [{"q": 2, "p": 1}]}}
    assert external_hash(one) == external_hash(other)
    assert external_hash(one) != external_hash({**one, "b": "u"})
    assert external_hash({}) is not None
    assert external_hash(None) is None


def test_a_path_of_absurd_length_matches_nothing_and_costs_nothing(store, run):
    run(store.insert(session()))
    run(store.apply(Change(final(), complete=completion)))
    query = CallResultQuery(0, 9, 99, data={"a" + ".a" * 100_000: 1})
    assert run(store.search(query)) == ([], 0)
