"""Turns, ends and expiries: whole or not at all."""

import pytest

from mock_server.domain.records import CallResultQuery, Change, SessionQuery
from mock_server.domain.session import Message
from mock_server.domain.store import StoreUnavailable
from mock_server.store.opening import embedded_store
from mock_server.store.sqlite.database import SqliteDatabase
from tests.mock_server.store.rows import ODD, completion, final, finish, session


def test_only_the_first_finalisation_is_stored(store, run):
    run(store.sessions.insert(session()))
    assert (
        run(store.sessions.apply(Change(final(), "active", complete=completion))).final_reason
        == "ttl"
    )
    assert run(store.sessions.apply(Change(final(), "active", complete=completion))) is None
    assert len(run(store.image.dump())["audit"]) == 1


def test_a_turn_on_a_final_session_stores_nothing(store, run):
    run(store.sessions.insert(session()))
    run(store.sessions.apply(Change(final(), "active")))
    turn = Change(session(), "active", messages=(Message("user", "x", 5),), key="k")
    assert run(store.sessions.apply(turn)) is None
    assert run(store.sessions.get("s1")).messages == ()
    assert run(store.sessions.replay("s1", "k")) is None


def test_a_turn_that_saw_another_transcript_stores_nothing(store, run):
    run(store.sessions.insert(session()))
    turn = Change(session(), "active", messages=(Message("user", "x", 5),), key="k", seen=0)
    assert run(store.sessions.apply(turn)).message_count == 1
    late = Change(final(), "active", messages=(Message("user", "y", 6),), key="l", seen=0)
    assert run(store.sessions.apply(late)) is None
    assert [message.content for message in run(store.sessions.get("s1")).messages] == ["x"]
    assert run(store.sessions.replay("s1", "l")) is None
    assert run(store.sessions.apply(Change(final(), "active", seen=1))).is_final


def test_a_key_gives_the_reply_of_its_turn(store, run):
    call = [{"id": "1", "name": "t", "arguments": {}, "response": None}]
    run(store.sessions.insert(session()))
    for number, key in enumerate((ODD, "l")):
        replies = Message("assistant", None, 2, call), Message("assistant", key, 3)
        said = (Message("user", "q", 1), *replies)
        turn = Change(
            session(), "active", messages=said, reply_from=1, key=key, seen=number * len(said)
        )
        run(store.sessions.apply(turn))
    result = run(store.sessions.replay("s1", ODD))
    assert [message.content for message in result.messages] == [None, ODD]
    assert (result.messages[0].tool_calls, result.state) == (call, "active")
    assert run(store.sessions.replay("s1", "m")) is None


def test_a_change_that_fails_half_way_leaves_nothing(store, run):
    run(store.sessions.insert(session()))

    def broken(_):
        raise RuntimeError("analysis")

    with pytest.raises(RuntimeError):
        run(store.sessions.apply(Change(final(), "active", complete=broken)))
    assert run(store.sessions.get("s1")) == session()


def test_a_failure_takes_back_nothing_but_its_own(store, run):
    def broken(_):
        raise RuntimeError("analysis")

    for number in (1, 2):
        run(store.sessions.insert(session(number)))
        said = (Message("user", "lost", 1),)
        with pytest.raises(RuntimeError):
            run(
                store.sessions.apply(
                    Change(final(number), "active", messages=said, complete=broken)
                )
            )
    finish(run, store, 3)
    listed, total = run(store.sessions.page(SessionQuery(0, 9)))
    states = {one.id: (one.state, one.messages) for one in listed}
    assert states == {"s1": ("active", ()), "s2": ("active", ()), "s3": ("final", ())}
    assert total == len(states)


def test_an_expiry_is_refused_when_the_session_was_active_again(store, run):
    run(store.sessions.insert(session(ttl_seconds=60)))
    assert run(store.sessions.overdue(60_000_001)) == []
    assert [one.id for one in run(store.sessions.overdue(60_000_002))] == ["s1"]
    assert run(store.sessions.apply(Change(final(), "active", overdue_at=60_000_001))) is None
    assert run(store.sessions.next_expiry()) == 60_000_001
    assert run(store.sessions.apply(Change(final(), "active", overdue_at=60_000_002)))
    assert run(store.sessions.next_expiry()) is None


def test_overdue_sessions_come_whole_and_the_longest_overdue_first(store, run):
    for number, ttl_seconds in ((1, 90), (2, 60), (3, None)):
        run(store.sessions.insert(session(number, ttl_seconds=ttl_seconds)))
    run(
        store.sessions.apply(
            Change(session(1, ttl_seconds=90), "active", messages=(Message("user", "one", 1),))
        )
    )
    overdue = run(store.sessions.overdue(100_000_000))
    assert [one.id for one in overdue] == ["s2", "s1"]
    assert overdue == [run(store.sessions.get(one.id)) for one in overdue]


def test_the_pipeline_sees_the_whole_transcript(store, run):
    run(store.sessions.insert(session()))
    seen = []

    def complete(stored):
        seen.extend(message.content for message in stored.messages)
        return completion(stored)

    one, two = (Message("user", "one", 1),), (Message("user", "two", 2),)
    run(store.sessions.apply(Change(session(), "active", messages=one)))
    over = final(messages=one)
    run(store.sessions.apply(Change(over, "active", messages=two, complete=complete, seen=1)))
    assert seen == ["one", "two"]


def test_the_embedded_store_awaits_nothing():
    store = embedded_store(SqliteDatabase(), "default")
    for coroutine in (
        store.sessions.insert(session()),
        store.sessions.apply(Change(final(), "active", complete=completion)),
        store.sessions.page(SessionQuery(0, 9, state="active")),
        store.results.search(CallResultQuery(0, 9, 9)),
    ):
        with pytest.raises(StopIteration):
            coroutine.send(None)


def test_where_there_is_no_room_left_the_store_goes_on(run):
    database = SqliteDatabase()
    store = embedded_store(database, "default")
    for number in range(1, 1_100):
        run(store.sessions.insert(session(number)))
        run(
            store.sessions.apply(
                Change(session(number), "active", messages=(Message("user", "one", 1),))
            )
        )
    pages = database.connection.execute("PRAGMA page_count").fetchone()[0]
    database.connection.execute(f"PRAGMA max_page_count = {pages}")
    large = (Message("user", "x" * 1_000_000, 2),)
    with pytest.raises(StoreUnavailable, match="full"):
        run(store.sessions.apply(Change(session(1), "active", messages=large, seen=1)))
    assert run(store.sessions.get("s1")).message_count == 1
    run(store.sessions.insert(session(2_000)))
    with pytest.raises(RuntimeError):
        with database.transaction():
            run(store.sessions.insert(session(2_001)))
            raise RuntimeError("half way")
    assert run(store.sessions.get("s2000"))
    assert run(store.sessions.get("s2001")) is None
