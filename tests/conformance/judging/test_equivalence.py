from typing import Any

import pytest

from conformance.contract.document import Contract, find_contract
from conformance.judging.equivalence import (
    change,
    goes_back,
    instant,
    same_id,
    same_messages,
    same_time,
)
from conformance.judging.outcomes import Blocked

RESOURCE = Contract(find_contract()).resource

AT = "2026-01-05T09:00:00"
HELLO = {"role": "user", "content": "Hello", "time": f"{AT}Z"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{AT}Z", f"{AT}Z"),
        (f"{AT}Z", f"{AT}.000000Z"),
        (f"{AT}Z", f"{AT}z"),
        (f"{AT}Z", "2026-01-05t09:00:00+00:00"),
        (f"{AT}Z", "2026-01-05T14:30:00+05:30"),
        (f"{AT}Z", "2026-01-04T23:00:00-10:00"),
        (f"{AT}.123456Z", f"{AT}.123Z"),
        (f"{AT}.123999Z", f"{AT}.123Z"),
        (f"{AT}.123999Z", f"{AT}.124Z"),
        (f"{AT}.999999Z", "2026-01-05T09:00:01Z"),
        (f"{AT}.123456789Z", f"{AT}.123456Z"),
        (f"{AT}.123456789Z", f"{AT}.123457Z"),
        (f"{AT}.9Z", f"{AT}Z"),
        (None, None),
        ("never", "never"),
    ],
)
def test_the_same_time_in_two_words(one: Any, other: Any) -> None:
    assert same_time(one, other)
    assert same_time(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{AT}Z", "2026-01-05T09:00:02Z"),
        (f"{AT}Z", "2026-01-05T09:00:01Z"),
        (f"{AT}Z", f"{AT}+01:00"),
        (f"{AT}.123456Z", f"{AT}.123466Z"),
        (f"{AT}.123Z", f"{AT}.125Z"),
        (f"{AT}.123456Z", f"{AT}.125Z"),
        (f"{AT}Z", None),
        ("never", "soon"),
    ],
)
def test_two_times(one: Any, other: Any) -> None:
    assert not same_time(one, other)
    assert not same_time(other, one)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (f"{AT}.5Z", f"{AT}.2Z"),
        ("2026-01-05T09:00:01Z", f"{AT}Z"),
        (f"{AT}Z", f"{AT}+01:00"),
    ],
)
def test_a_later_time_that_lies_before(earlier: str, later: str) -> None:
    assert goes_back(earlier, later)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (f"{AT}Z", f"{AT}Z"),
        (f"{AT}Z", "2026-01-05T09:00:01Z"),
        (f"{AT}.123456Z", f"{AT}.123Z"),
        (f"{AT}.6Z", f"{AT}Z"),
        ("2026-01-05T10:00:00+01:00", f"{AT}Z"),
        ("never", f"{AT}Z"),
        (f"{AT}Z", None),
    ],
)
def test_a_time_that_does_not_go_back(earlier: Any, later: Any) -> None:
    assert not goes_back(earlier, later)


@pytest.mark.parametrize("text", [None, 17, "", "yesterday", AT, "2026-01-05"])
def test_what_is_no_instant_blocks(text: Any) -> None:
    with pytest.raises(Blocked, match="another rule"):
        instant(text)


def test_a_leap_second_is_an_instant() -> None:
    assert instant("2016-12-31T23:59:60Z").second == 59


def test_a_uuid_has_no_case() -> None:
    assert same_id("3F0C9F4E-6A51-4D0B-9E58-1F7A6C2D8B10", "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10")
    assert not same_id("3f0c", "3f0d")


@pytest.mark.parametrize("calls", [{"tool_calls": None}, {"tool_calls": []}])
def test_three_ways_to_say_no_tool_calls(calls: dict[str, Any]) -> None:
    assert same_messages(RESOURCE, [HELLO], [{**HELLO, **calls}])
    assert same_messages(RESOURCE, [{**HELLO, **calls}], [HELLO])


def test_no_content_is_the_empty_text() -> None:
    assert same_messages(RESOURCE, [{**HELLO, "content": None}], [{**HELLO, "content": ""}])


@pytest.mark.parametrize(
    "change",
    [
        {"role": "assistant"},
        {"content": "hello"},
        {"time": "2026-01-05T09:00:07Z"},
        {"tool_calls": [{"id": "call-1"}]},
    ],
)
def test_messages_that_differ(change: dict[str, Any]) -> None:
    assert not same_messages(RESOURCE, [HELLO], [{**HELLO, **change}])


@pytest.mark.parametrize("other", [[], [HELLO, HELLO], None, {"0": HELLO}, ["Hello"]])
def test_lists_that_differ(other: Any) -> None:
    assert not same_messages(RESOURCE, [HELLO], other)


def test_order_matters() -> None:
    reply = {**HELLO, "role": "assistant"}
    assert not same_messages(RESOURCE, [HELLO, reply], [reply, HELLO])


def test_two_sights_of_one_session_do_not_differ() -> None:
    id = "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10"
    one = {
        "id": id.upper(),
        "messages": [HELLO],
        "created_time": f"{AT}.123456Z",
        "ttl_seconds": None,
    }
    other = {
        **one,
        "id": id,
        "created_time": f"{AT}.123Z",
        "messages": [{**HELLO, "tool_calls": []}],
    }
    assert change(RESOURCE, one, other) is None


@pytest.mark.parametrize(
    ("member", "value"), [("ttl_seconds", 60), ("id", "cd"), ("messages", []), ("is_final", True)]
)
def test_a_difference_names_the_member(member: str, value: Any) -> None:
    one = {"id": "ab", "messages": [HELLO], "ttl_seconds": None, "is_final": False}
    words = change(RESOURCE, one, {**one, member: value})
    assert words is not None
    assert words.startswith(f"{member} ")


def test_a_member_that_is_gone_is_a_difference() -> None:
    assert change(RESOURCE, {"agent_id": "a"}, {}) == 'agent_id "a" and null'
