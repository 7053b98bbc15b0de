"""What each store holds to: what is whole, what is unique, and what stays fast."""

import asyncio
import itertools
import time

import pytest

from mock_server.chats import external_hash
from mock_server.database import Database
from mock_server.documents import document_of, image_of
from mock_server.repository import CallResultQuery, Change, Completion, SessionQuery
from mock_server.session import Message, Session
from mock_server.store import SqliteRepository
from mock_server.stores import open_store

ODD = "a\x00b\x1a0ü\U0001f600 %s ? \\ 'x' \"y\""
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def shared(postgres):
    """A database for all tests here: each works in a sandbox of its own."""
    return postgres.url(postgres.create())


@pytest.fixture(params=["sqlite", "postgres"])
def db(request, tmp_path):
    """Where the store is."""
    if request.param == "sqlite":
        return tmp_path / "state.db"
    return request.getfixturevalue("shared")


@pytest.fixture
def run():
    """Run coroutines in one loop, as connections demand."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def opened(db, run):
    """Open the store once more."""
    storages = []

    def open_again(sandbox):
        storage, repository = open_store(db)
        run(storage.start())
        storages.append(storage)
        return repository(sandbox)

    yield open_again
    for storage in storages:
        run(storage.close())


@pytest.fixture
def store(opened):
    return opened(f"sandbox-{next(NUMBERS)}")


def beside(store):
    """Another sandbox of the same store."""
    return type(store)(store.database, f"{store.sandbox}-other")


def session(number=1, **members):
    defaults = {"agent_id": "a", "channel": "web", "ttl_seconds": None}
    return Session(f"s{number}", **{**defaults, "created": 1, "last_activity": number, **members})


def final(number=1, **members):
    return session(number, state="final", final_reason="ttl", finished=9, **members)


def completion(stored, webhook=None, **data):
    result = {"agentId": "a", "callStatus": "Completed", "endpoint": "web", **data}
    return Completion(result, 9, 9, "ttl", None, webhook)


def finish(run, store, number=1, webhook=None, **data):
    """Store a session that is final, with its call result."""
    run(store.insert(session(number)))
    made = lambda stored: completion(stored, webhook, callId=stored.id, **data)  # noqa: E731
    assert run(store.apply(Change(final(number), complete=made)))


WEBHOOK = {"url": "http://x/", "headers": {"K": "v"}, "payload": {"a": "\x00"}}


def test_an_endpoint_takes_one_active_session_per_sandbox(store, run):
    other = beside(store)
    assert run(store.insert(session(1, external_hash="h")))
    assert not run(store.insert(session(2, external_hash="h")))
    assert run(store.insert(session(3)))
    assert run(store.insert(session(4)))
    assert run(other.insert(session(1, external_hash="h")))
    assert run(store.apply(Change(final(1))))
    assert run(store.insert(session(5, external_hash="h")))
    assert run(store.active_at("web", "h")) == session(5, external_hash="h")
    assert run(store.active_at("sms", "h")) is None


def test_an_id_is_given_once(store, run):
    assert run(store.insert(session(1)))
    assert not run(store.insert(session(1, channel="sms")))
    assert run(store.get("s1")).channel == "web"


def test_endpoints_may_be_as_long_as_a_body(store, run):
    long = "c" * 1_000_000
    assert run(store.insert(session(1, channel=f"{long}1", external_hash="h")))
    assert run(store.insert(session(2, channel=f"{long}2", external_hash="h")))
    assert not run(store.insert(session(3, channel=f"{long}1", external_hash="h")))
    assert run(store.active_at(f"{long}2", "h")).id == "s2"


def test_a_sandbox_sees_nothing_of_another(store, run):
    other = beside(store)
    run(store.insert(session()))
    assert run(other.get("s1")) is None
    assert run(other.list_sessions(SessionQuery(0, 9, state="all"))) == ([], 0)
    assert run(other.apply(Change(final()))) is None
    assert run(store.get("s1")) == session()
    assert (run(store.count()), run(other.count())) == (1, 0)


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


def test_a_turn_that_saw_another_transcript_stores_nothing(store, run):
    run(store.insert(session()))
    turn = Change(session(), messages=(Message("user", "x", 5),), key="k", seen=0)
    assert run(store.apply(turn)).message_count == 1
    late = Change(final(), messages=(Message("user", "y", 6),), key="l", seen=0)
    assert run(store.apply(late)) is None
    assert [message.content for message in run(store.get("s1")).messages] == ["x"]
    assert run(store.replay("s1", "l")) is None
    assert run(store.apply(Change(final(), seen=1))).is_final


def test_a_key_gives_the_reply_of_its_turn(store, run):
    call = [{"id": "1", "name": "t", "arguments": {}, "response": None}]
    run(store.insert(session()))
    for key in (ODD, "l"):
        replies = Message("assistant", None, 2, call), Message("assistant", key, 3)
        said = (Message("user", "q", 1), *replies)
        run(store.apply(Change(session(), messages=said, reply_from=1, key=key)))
    result = run(store.replay("s1", ODD))
    assert [message.content for message in result.messages] == [None, ODD]
    assert (result.messages[0].tool_calls, result.state) == (call, "active")
    assert run(store.replay("s1", "m")) is None


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
    assert [one.id for one in run(store.overdue(60_000_002))] == ["s1"]
    assert run(store.apply(Change(final(), overdue_at=60_000_001))) is None
    assert run(store.next_expiry()) == 60_000_001
    assert run(store.apply(Change(final(), overdue_at=60_000_002)))
    assert run(store.next_expiry()) is None


def test_overdue_sessions_come_whole_and_the_longest_overdue_first(store, run):
    for number, ttl_seconds in ((1, 90), (2, 60), (3, None)):
        run(store.insert(session(number, ttl_seconds=ttl_seconds)))
    run(store.apply(Change(session(1, ttl_seconds=90), messages=(Message("user", "one", 1),))))
    overdue = run(store.overdue(100_000_000))
    assert [one.id for one in overdue] == ["s2", "s1"]
    assert overdue == [run(store.get(one.id)) for one in overdue]


def test_what_is_stored_together_is_stored_one_by_one_too(store, opened, run):
    async def both():
        async with store.together():
            for number in (1, 2):
                await store.insert(session(number, messages=(Message("user", "one", 1),)))

    run(both())
    run(store.database.close())
    assert run(opened(store.sandbox).count()) == 2


def test_the_pipeline_sees_the_whole_transcript(store, run):
    run(store.insert(session()))
    seen = []

    def complete(stored):
        seen.extend(message.content for message in stored.messages)
        return completion(stored)

    run(store.apply(Change(session(), messages=(Message("user", "one", 1),))))
    run(store.apply(Change(final(), messages=(Message("user", "two", 2),), complete=complete)))
    assert seen == ["one", "two"]


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


def test_texts_come_out_letter_for_letter_and_filters_find_them(store, run):
    kept = session(agent_id=ODD, channel=ODD, messages=(Message("assistant", ODD, 1),))
    run(store.insert(kept))
    run(store.insert(session(2, agent_id=ODD.replace("\x00", "\x1a0"))))
    assert run(store.get("s1")) == kept
    assert run(store.list_sessions(SessionQuery(0, 9, agent_id=ODD))) == ([kept], 1)
    assert run(store.list_sessions(SessionQuery(0, 9, channel=ODD))) == ([kept], 1)
    assert run(store.get(ODD)) is None

    def complete(stored):
        result = {"agentId": ODD, "callStatus": ODD, "endpoint": ODD}
        return Completion(result, 9, 9, "ttl", ODD)

    run(store.apply(Change(final(), complete=complete)))
    for wanted in ({"agent_ids": ["", ODD]}, {"statuses": [ODD]}, {"endpoint": ODD}):
        assert run(store.search(CallResultQuery(0, 9, 9, **wanted)))[1] == 1, wanted
    assert run(store.search(CallResultQuery(0, 9, 9, agent_ids=["a\x00"])))[1] == 0
    assert run(store.search(CallResultQuery(0, 9, 9, agent_ids=["a", ODD[:-1]])))[1] == 0
    assert run(store.audit("s1"))[0].note == ODD


DATA = {
    "a": {"b.c": 1, "b": {"c": 2}, "t": True, "n": None},
    "x.y": ODD,
    "l": [1, {"p": 1, "q": 2}],
}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"d.a.b.c": 1}, True),  # the longest key that exists wins
        ({"d.a.b.c": 2}, False),
        ({"d.a.t": True}, True),
        ({"d.a.t": 1}, False),
        ({"d.a.b": {"c": 2}}, True),
        ({"d.a.b": {"c": 2.0}}, False),
        ({"d.a.n": None}, True),
        ({"d.a.missing": None}, False),
        ({"d.x.y": ODD}, True),
        ({"d.x.y": ODD.replace("\x00", "")}, False),
        ({"d.l": [1, {"q": 2, "p": 1}]}, True),
        ({"d.l": [{"q": 2, "p": 1}, 1]}, False),
        ({"d.l.0": 1}, False),
        ({"d.a.t": True, "d.x.y": ODD}, True),
        ({"d.a.t": True, "d.x.y": "no"}, False),
        ({"a" + ".a" * 100_000: 1}, False),  # absurd, and costs nothing
    ],
)
def test_a_filter_by_data_means_the_same_in_each_store(store, run, wanted, found):
    finish(run, store, 1, d=DATA)
    finish(run, store, 2, d={})
    rows, total = run(store.search(CallResultQuery(0, 9, 9, data=wanted)))
    assert ([row["callId"] for row in rows], total) == ((["s1"], 1) if found else ([], 0))


def test_call_results_are_found_newest_first_page_by_page(store, run):
    for number in range(5):
        finish(run, store, number, odd=number % 2)

    def found(page, size, **wanted):
        rows, total = run(store.search(CallResultQuery(page, size, 9, **wanted)))
        return [row["callId"] for row in rows], total

    assert found(0, 2) == (["s4", "s3"], 5)
    assert found(2, 2) == (["s0"], 5)
    assert found(3, 2) == ([], 5)
    assert found(1, 1, data={"odd": 1}) == (["s1"], 2)
    assert found(5, 1, data={"odd": 1}) == ([], 2)
    assert found(0, 9, call_ids=["s2", "s9"]) == (["s2"], 1)
    assert found(0, 9, completed_from=9, completed_to=9)[1] == 5
    assert found(0, 9, completed_from=10) == ([], 0)
    assert run(store.search(CallResultQuery(0, 9, 8))) == ([], 0)


def test_a_list_is_ordered_counted_and_cut(store, run):
    for number in (1, 2, 2.5, 3):
        run(store.insert(session(number, last_activity=int(number))))
    said = (Message("user", "x", 3), Message("assistant", None, 3))
    run(store.apply(Change(session(2, last_activity=3), messages=said)))

    def listed(skip, take, **wanted):
        sessions, total = run(store.list_sessions(SessionQuery(skip, take, **wanted)))
        return [(one.id, len(one.messages)) for one in sessions], total

    assert listed(0, 2) == ([("s2", 2), ("s3", 0)], 4)  # of one instant, the later activity first
    assert listed(2, 9) == ([("s2.5", 0), ("s1", 0)], 4)
    assert listed(4, 9) == ([], 4)
    assert listed(0, 9, updated_after=2)[1] == 2
    assert listed(0, 9, state="final") == ([], 0)


def test_a_webhook_waits_until_it_is_over(store, run):
    finish(run, store, webhook=WEBHOOK)
    (waiting,) = run(store.deliveries())
    assert (waiting.attempts, waiting.due, run(store.next_delivery())) == (0, 9, 9)
    assert run(store.claim(waiting, 9))
    run(store.delivered(waiting.serial, "unavailable", 20, {"status": 500}))
    (again,) = run(store.deliveries())
    assert (again.attempts, again.due) == (1, 20)
    run(store.postpone(again.serial, 30))
    assert run(store.next_delivery()) == 30
    run(store.delivered(again.serial, "delivered", None, {"status": 200}))
    assert (run(store.deliveries()), run(store.next_delivery())) == ([], None)
    run(store.postpone(again.serial, 40))
    assert run(store.deliveries()) == []
    logged = run(store.delivery(again.serial))
    assert (logged.outcome, logged.due, logged.log) == (
        "delivered", None, [{"status": 500}, {"status": 200}],
    )  # fmt: skip
    run(store.redeliver(again.serial, 50))
    assert [(one.attempts, one.due) for one in run(store.deliveries())] == [(0, 50)]


def test_the_log_of_webhooks_is_bounded(store, run):
    rows = [{"session_id": f"s{n % 2}", "url": "http://x/", "payload": {}} for n in range(1_010)]
    run(store.load(image_of({"sessions": [], "deliveries": rows}, 0)))
    serial = run(store.enqueue("s0", "http://x/", {}, {}, 0))
    for _ in range(60):
        run(store.delivered(serial, "delivered", None, {"status": 201}))
    log = run(store.delivery_log(None, 5_000))
    assert (len(log), len(log[0].log), log[0].log[-1]) == (1_000, 50, {"status": 201})
    assert [one.session_id for one in run(store.delivery_log("s0", 2))] == ["s0", "s0"]
    assert run(beside(store).delivery_log(None, 9)) == []


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
    assert [entry.event for entry in run(store.audit("s2"))] == ["ttl"]
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


def test_ten_thousand_sessions_are_listed_fast(store, run):
    sessions = [
        {"id": f"s{n}", "agent_id": f"a{n % 7}", "channel": f"c{n % 3}",
         "created_time": f"2030-01-01T00:{n // 600:02}:{n // 10 % 60:02}.{n % 10}Z"}
        for n in range(10_000)
    ]  # fmt: skip
    run(store.load(image_of({"sessions": sessions}, 0)))
    middle = 1_893_456_500_000_000
    begun = time.perf_counter()
    for query in (
        SessionQuery(0, 20),
        SessionQuery(9000, 200, state="all"),
        SessionQuery(0, 20, agent_id="a1", channel="c1"),
        SessionQuery(0, 20, updated_after=middle),
    ):
        page, total = run(store.list_sessions(query))
        assert len(page) == query.take
        assert total > 400
    assert time.perf_counter() - begun < 0.5


def test_the_embedded_store_awaits_nothing():
    store = SqliteRepository(Database(), "default")
    for coroutine in (
        store.insert(session()),
        store.apply(Change(final(), complete=completion)),
        store.list_sessions(SessionQuery(0, 9)),
        store.search(CallResultQuery(0, 9, 9)),
    ):
        with pytest.raises(StopIteration):
            coroutine.send(None)


def test_the_order_of_keys_at_any_depth_makes_no_difference():
    one = {"a": {"x": [{"p": 1, "q": 2}], "y": None}, "b": "ü"}
    other = {"b": "ü", "a": {"y": None, "x": [{"q": 2, "p": 1}]}}
    assert external_hash(one) == external_hash(other)
    assert external_hash(one) != external_hash({**one, "b": "u"})
    assert external_hash({}) is not None
    assert external_hash(None) is None
