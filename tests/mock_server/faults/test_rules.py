"""Faults as rules of the control plane."""

from pathlib import Path

import pytest
import yaml

import mock_server
from mock_server.faults.kinds import CALL_FAULTS, WEBHOOK_FAULTS
from mock_server.faults.rules import RULE_LIMIT, FaultRules
from tests.serving import CHATS

FAULTS = "/__admin/faults"


@pytest.fixture
def rules(api):
    """Add a rule; all are gone afterwards."""

    def add(sandbox="default", **members):
        return api.post(FAULTS, json=members, headers={"X-Mock-Sandbox": sandbox})

    yield add
    assert api.delete(FAULTS).status_code == 204


def statuses(api, count, path=CHATS, **headers):
    return [api.get(path, headers=headers).status_code for _ in range(count)]


def test_the_control_plane_takes_every_fault_that_there_is():
    text = (Path(mock_server.__file__).parent / "admin.yaml").read_text(encoding="utf-8")
    rule = yaml.safe_load(text)["components"]["schemas"]["NewFaultRule"]
    assert {*rule["properties"]["fault"]["enum"]} == {*CALL_FAULTS, *WEBHOOK_FAULTS}


def test_a_rule_applies_to_its_operation_alone(api, rules):
    made = rules(operation="listChats", fault="SERVER_ERROR", status=503)
    assert made.status_code == 201
    assert statuses(api, 2) == [503, 503]
    assert api.open()["status"] == "active"
    (listed,) = api.get(FAULTS).json()["faults"]
    assert listed == {**made.json(), "matched": 2, "injected": 2}


def test_every_nth_and_times_are_counted(api, rules):
    rules(operation="listChats", fault="RATE_LIMIT", retry_after=9, every=3, times=2)
    assert statuses(api, 10) == [200, 200, 429, 200, 200, 429, 200, 200, 200, 200]


def test_the_same_seed_gives_the_same_faults(api, rules):
    runs = []
    for seed in (7, 7, 8):
        api.delete(FAULTS)
        rules(operation="listChats", fault="SERVER_ERROR", probability=0.5, seed=seed)
        runs.append(statuses(api, 16))
    assert runs[0] == runs[1] != runs[2]
    assert {*runs[0]} == {200, 500}


def test_a_forced_reply_spends_no_rule(api, rules):
    rules(operation="listChats", fault="SERVER_ERROR", times=1)
    assert statuses(api, 2, Prefer="code=401") == [401, 401]
    assert statuses(api, 2) == [500, 200]


def test_a_rule_is_of_one_sandbox(api, rules):
    rules(sandbox="other", operation="listChats", fault="SERVER_ERROR")
    assert statuses(api, 1) == [200]
    assert statuses(api, 1, **{"X-Mock-Sandbox": "other"}) == [500]
    assert api.get(FAULTS).json() == {"faults": []}


def test_a_rule_without_an_operation_applies_to_every_call(api, rules):
    rules(fault="EMPTY_RESPONSE", times=1)
    assert api.raw(CHATS) == b""
    assert api.raw(CHATS).startswith(b"HTTP/1.1 200")


def test_a_lost_reply_is_retried_by_its_key(api, rules):
    session = api.open()["id"]
    rules(operation="submitMessage", fault="COMMIT_THEN_DROP", times=1)
    body = b'{"content": "Hi", "idempotency_key": "k"}'
    path = f"{CHATS}/{session}/messages"
    assert api.raw(path, "Content-Type: application/json", method="POST", body=body) == b""
    assert b"You said: Hi" in api.raw(
        path, "Content-Type: application/json", method="POST", body=body
    )
    assert len(api.read(session)["messages"]) == 2


def test_a_delay_alone_is_a_rule(api, rules):
    assert rules(delay_ms=1, operation="listChats").status_code == 201
    assert statuses(api, 1) == [200]
    assert api.get(FAULTS).json()["faults"][0]["injected"] == 1


def test_a_call_that_asks_for_a_fault_is_left_to_it(api, rules):
    rules(operation="listChats", fault="SERVER_ERROR")
    assert statuses(api, 1, **{"X-Mock-Fault": "RATE_LIMIT"}) == [429]
    assert api.get(FAULTS).json()["faults"][0]["matched"] == 0


def test_rules_are_deleted_one_by_one(api, rules):
    first = rules(operation="listChats", fault="SERVER_ERROR").json()["id"]
    rules(operation="listChats", fault="RATE_LIMIT")
    assert api.delete(f"{FAULTS}/{first}").status_code == 204
    assert statuses(api, 1) == [429]
    again = api.delete(f"{FAULTS}/{first}")
    assert again.status_code == 404
    assert first in again.json()["detail"]


@pytest.mark.parametrize(
    ("rule", "pointer", "words"),
    [
        ({}, "/fault", ["delay_ms"]),
        ({"fault": "GREMLINS"}, "/fault", ["GREMLINS", "COMMIT_THEN_DROP"]),
        ({"fault": "TIMEOUT", "operation": "nope"}, "/operation", ["nope", "openChat"]),
        ({"fault": "TIMEOUT", "operation": "chatCompleted"}, "/fault", ["DUPLICATE", "TIMEOUT"]),
        ({"fault": "DUPLICATE", "operation": "openChat"}, "/fault", ["DUPLICATE", "TIMEOUT"]),
        ({"fault": "DUPLICATE"}, "/fault", ["DUPLICATE", "TIMEOUT"]),
        ({"fault": "SERVER_ERROR", "status": 404}, "/status", ["500", "404"]),
        ({"fault": "TIMEOUT", "status": 500}, "/status", ["SERVER_ERROR"]),
        ({"fault": "TIMEOUT", "retry_after": 5}, "/retry_after", ["RATE_LIMIT"]),
        ({"delay_ms": -1}, "/delay_ms", ["at least 0", "-1"]),
        ({"delay_ms": 60_001}, "/delay_ms", ["60000", "60001"]),
        ({"fault": "TIMEOUT", "every": 0}, "/every", ["at least 1", "0"]),
        ({"fault": "TIMEOUT", "probability": 1.5}, "/probability", ["at most 1", "1.5"]),
        ({"fault": "TIMEOUT", "times": "3"}, "/times", ["an integer", "3"]),
        ({"fault": "TIMEOUT", "tmes": 3}, "", ["tmes"]),
    ],
)
def test_a_wrong_rule_is_refused_with_place_value_and_cure(api, rules, rule, pointer, words):
    response = rules(**rule)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert (error["in"], error["pointer"]) == ("body", pointer)
    for word in words:
        assert word in error["detail"]
    assert api.get(FAULTS).json() == {"faults": []}


def test_the_number_of_rules_is_bounded(api, rules):
    for _ in range(RULE_LIMIT):
        assert rules(delay_ms=0).status_code == 201
    response = rules(delay_ms=0)
    assert response.status_code == 409
    assert str(RULE_LIMIT) in response.json()["detail"]


def test_each_rule_keeps_its_own_count():
    rules = FaultRules()
    rules.add({"fault": "SERVER_ERROR", "every": 2})
    rules.add({"fault": "RATE_LIMIT", "every": 3})
    drawn = [rules.draw("openChat") for _ in range(6)]
    assert [fault and fault.name for fault in drawn] == [
        None, "SERVER_ERROR", "RATE_LIMIT", "SERVER_ERROR", None, "SERVER_ERROR",
    ]  # fmt: skip
    assert [rule.injected for rule in rules.rules] == [3, 2]
