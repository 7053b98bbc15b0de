"""What the clients of a mock have exercised."""

import pytest

from mock_server.sandbox.coverage import coverage_table
from tests.mock_server.conftest import SOME_ID
from tests.serving import CHATS

COVERAGE = "/__admin/coverage"


@pytest.fixture
def fresh(api):
    """The module's mock, counting from nothing."""
    api.delete(COVERAGE)
    return api


def shown(api, **query):
    return api.get(COVERAGE, params=query).json()


def statuses(document):
    return {
        (operation["operation"], row["status"]): row["count"]
        for operation in document["operations"]
        for row in operation["statuses"]
        if row["count"]
    }


def edges(document):
    return {
        (row["state"], row["event"]): row["count"]
        for row in document["transitions"]
        if row["count"]
    }


def test_nothing_is_exercised_at_first(fresh):
    document = shown(fresh)
    assert statuses(document) == edges(document) == {}
    assert document["summary"]["operations"] == {"exercised": 0, "all": 6}
    assert document["summary"]["statuses"]["all"] > 50
    listed = {op["operation"]: op["statuses"] for op in document["operations"]}
    assert {row["status"] for row in listed["openChat"]} >= {200, 201, 409}


def test_answers_are_counted_by_operation_and_status(fresh):
    fresh.open()
    fresh.open()
    fresh.post(CHATS, json={})
    fresh.get(CHATS, headers={"Authorization": ""})
    fresh.get(f"{CHATS}/{SOME_ID}")
    fresh.get("/nothing/here")
    assert statuses(shown(fresh)) == {
        ("openChat", 201): 2,
        ("openChat", 400): 1,
        ("listChats", 401): 1,
        ("getChat", 404): 1,
    }


def test_every_edge_that_a_client_can_take_is_counted(fresh):
    session = fresh.open("agent-closer")["id"]
    fresh.submit(session, idempotency_key="k")
    fresh.submit(session, idempotency_key="k")
    fresh.submit(session, "bye", idempotency_key="f")
    fresh.submit(session, "bye", idempotency_key="f")
    fresh.submit(session, "too late")
    fresh.end(session)
    fresh.end(fresh.open()["id"])
    assert edges(shown(fresh)) == {
        ("active", "submit"): 1,
        ("active", "replay"): 1,
        ("active", "finish"): 1,
        ("active", "end"): 1,
        ("final", "submit"): 1,
        ("final", "replay"): 1,
        ("final", "end"): 1,
    }


def test_a_timeout_counts_as_an_edge(fresh):
    fresh.open(ttl_seconds=60)
    fresh.post("/__admin/clock/advance", json={"by": "PT2M"}).raise_for_status()
    assert edges(shown(fresh)) == {("active", "expire"): 1}


def test_forced_answers_count_and_lost_ones_do_not(fresh):
    fresh.get(CHATS, headers={"Prefer": "code=429"})
    fresh.get(CHATS, headers={"X-Mock-Fault": "SERVER_ERROR"})
    fresh.raw(CHATS, "X-Mock-Fault: COMMIT_THEN_DROP")
    document = shown(fresh)
    assert statuses(document) == {("listChats", 429): 1, ("listChats", 500): 1}
    listing = next(op for op in document["operations"] if op["operation"] == "listChats")
    assert {row["status"]: row["in_contract"] for row in listing["statuses"]}[500] is False


def test_sandboxes_are_counted_apart_and_the_run_as_a_whole(fresh):
    before = statuses(shown(fresh, of="run")).get(("listChats", 200), 0)
    fresh.get(CHATS, headers={"X-Mock-Sandbox": "apart"})
    assert statuses(shown(fresh)) == {}
    assert statuses(shown(fresh, of="run"))[("listChats", 200)] == before + 1
    assert fresh.get(COVERAGE, params={"of": "everything"}).status_code == 400


def test_calls_of_the_control_plane_do_not_count(fresh):
    shown(fresh)
    assert statuses(shown(fresh)) == {}


def test_the_table_names_what_was_and_what_never_was(fresh):
    fresh.open()
    table = coverage_table(fresh.mock.sandbox.coverage, fresh.mock.contract)
    assert "1 of 6 operations" in table
    assert "201x1" in table
    assert "active --end-> final" in table
    assert all(len(line) < 200 for line in table.splitlines())


def test_a_seed_is_no_client(start, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text("sessions: [{agent_id: agent-echo, turns: [Hi], end: true}]")
    api = start(seed=seed)
    assert api.count() == 1
    api.delete(COVERAGE)
    assert edges(shown(api, of="run")) == {}


def test_a_reset_counts_from_nothing(fresh):
    fresh.open()
    fresh.post("/__admin/reset").raise_for_status()
    assert statuses(shown(fresh)) == {}
