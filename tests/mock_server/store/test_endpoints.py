"""What is unique in a store, and what sandboxes keep from each other."""

from mock_server.domain.chats import external_hash
from mock_server.domain.records import Change, SessionQuery
from tests.mock_server.store.rows import beside, final, session


def test_an_endpoint_takes_one_active_session_per_sandbox(store, run):
    other = beside(store)
    assert run(store.sessions.insert(session(1, external_hash="h")))
    assert not run(store.sessions.insert(session(2, external_hash="h")))
    assert run(store.sessions.insert(session(3)))
    assert run(store.sessions.insert(session(4)))
    assert run(other.sessions.insert(session(1, external_hash="h")))
    assert run(store.sessions.apply(Change(final(1), "active")))
    assert run(store.sessions.insert(session(5, external_hash="h")))
    assert run(store.sessions.active_at("web", "h")) == session(5, external_hash="h")
    assert run(store.sessions.active_at("sms", "h")) is None


def test_an_id_is_given_once(store, run):
    assert run(store.sessions.insert(session(1)))
    assert not run(store.sessions.insert(session(1, channel="sms")))
    assert run(store.sessions.get("s1")).channel == "web"


def test_endpoints_may_be_as_long_as_a_body(store, run):
    long = "c" * 1_000_000
    assert run(store.sessions.insert(session(1, channel=f"{long}1", external_hash="h")))
    assert run(store.sessions.insert(session(2, channel=f"{long}2", external_hash="h")))
    assert not run(store.sessions.insert(session(3, channel=f"{long}1", external_hash="h")))
    assert run(store.sessions.active_at(f"{long}2", "h")).id == "s2"


def test_a_sandbox_sees_nothing_of_another(store, run):
    other = beside(store)
    run(store.sessions.insert(session()))
    assert run(other.sessions.get("s1")) is None
    assert run(other.sessions.page(SessionQuery(0, 9))) == ([], 0)
    assert run(other.sessions.apply(Change(final(), "active"))) is None
    assert run(store.sessions.get("s1")) == session()
    assert (run(store.sessions.count()), run(other.sessions.count())) == (1, 0)


def test_the_order_of_keys_at_any_depth_makes_no_difference():
    one = {"a": {"x": [{"p": 1, "q": 2}], "y": None}, "b": "ü"}
    other = {"b": "ü", "a": {"y": None, "x": [{"q": 2, "p": 1}]}}
    assert external_hash(one) == external_hash(other)
    assert external_hash(one) != external_hash({**one, "b": "u"})
    assert external_hash({}) is not None
    assert external_hash(None) is None
