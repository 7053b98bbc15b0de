"""What two answers say of one session, in the order in which they certainly were."""

from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract.document import Contract
from conformance.judging.exchange import Exchange
from conformance.registry import watch_of

HELLO = {"role": "user", "content": "Hello", "time": "2026-01-05T09:00:01Z"}
REPLY = {"role": "assistant", "content": "You said: Hello", "time": "2026-01-05T09:00:02Z"}

RULES = {
    "LIFE-02", "LIFE-05", "LIFE-06", "LIFE-07", "LIFE-10", "TIME-01", "TIME-04", "MSG-03",
}  # fmt: skip

Make = Callable[..., Any]


@pytest.fixture
def violated(contract: Contract, exchange: Make) -> Callable[..., set[str]]:
    """The rules that are broken by the last of these answers, one after the other unless
    `times` gives (started, finished) for each."""

    def look(*sessions: dict[str, Any], times: tuple[tuple[float, float], ...] = ()) -> set[str]:
        watch, seen = watch_of(contract), []
        for place, body in enumerate(sessions):
            started, finished = times[place] if times else (2.0 * place, 2.0 * place + 1)
            made: Exchange = exchange("getChat", body, started=started, finished=finished)
            seen = watch.judge(made)
        return {rule for rule, violation in seen if violation and rule in RULES}

    return look


def test_a_session_that_stays_as_it_is(violated: Make, session: Make) -> None:
    assert violated(session(), session()) == set()


@pytest.mark.parametrize(
    ("member", "value", "rule"),
    [
        ("agent_id", "agent-tools", "LIFE-06"),
        ("channel", "twilio_sms", "LIFE-07"),
        ("channel", None, "LIFE-07"),
        ("created_time", "2026-01-05T08:00:00Z", "LIFE-07"),
        ("ttl_seconds", 60, "LIFE-07"),
        ("ttl_seconds", None, "LIFE-07"),
    ],
)
def test_a_frozen_member_that_changes(
    violated: Make, session: Make, member: str, value: Any, rule: str
) -> None:
    assert violated(session(), session(**{member: value})) == {rule}


def test_a_frozen_member_is_compared_also_where_answers_overlap(
    violated: Make, session: Make
) -> None:
    times = ((0, 9), (1, 8))
    assert violated(session(), session(agent_id="other"), times=times) == {"LIFE-06"}


def test_a_created_time_may_lose_precision(violated: Make, session: Make) -> None:
    first = session(created_time="2026-01-05T09:00:00.123456Z")
    assert violated(first, session(created_time="2026-01-05T10:00:00.123+01:00")) == set()


def test_a_final_session_that_is_active_again(violated: Make, session: Make) -> None:
    assert violated(session(is_final=True), session()) == {"LIFE-02"}


def test_a_final_reason_that_changes(violated: Make, session: Make) -> None:
    assert violated(session(is_final=True), session(is_final=True, final_reason="ttl")) == {
        "LIFE-05"
    }


def test_a_final_reason_of_a_reopened_session_is_one_rules_matter(
    violated: Make, session: Make
) -> None:
    assert "LIFE-05" not in violated(session(is_final=True), session())


def test_an_overlapping_answer_may_show_the_session_still_active(
    violated: Make, session: Make
) -> None:
    assert violated(session(is_final=True), session(), times=((0, 5), (4, 9))) == set()


def test_an_overlapping_answer_may_be_older(violated: Make, session: Make) -> None:
    later = session(messages=[HELLO, REPLY])
    earlier = session(last_activity="2026-01-05T09:00:01Z")
    assert violated(later, earlier, times=((0, 5), (4, 9))) == set()


def test_an_answer_is_compared_with_the_last_ordered_one(violated: Make, session: Make) -> None:
    times = ((0.0, 1.0), (0.5, 9.0), (2.0, 3.0))
    assert violated(session(is_final=True), session(), session(), times=times) == {"LIFE-02"}


def test_last_activity_that_goes_back(violated: Make, session: Make) -> None:
    later = session(last_activity="2026-01-05T09:10:00Z")
    assert violated(later, session(last_activity="2026-01-05T09:05:00Z")) == {"TIME-04"}


def test_last_activity_before_created_time(violated: Make, session: Make) -> None:
    assert violated(session(last_activity="2026-01-05T08:59:00Z")) == {"TIME-01"}


def test_messages_whose_times_go_back(violated: Make, session: Make) -> None:
    assert violated(session(messages=[REPLY, HELLO])) == {"MSG-03"}


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [HELLO],
        [{**HELLO, "content": "Bye"}, REPLY],
        [REPLY, HELLO],
        [HELLO, {**REPLY, "tool_calls": [{"id": "call-1"}]}],
    ],
)
def test_a_message_that_does_not_stay(violated: Make, session: Make, messages: list[Any]) -> None:
    assert "LIFE-10" in violated(session(messages=[HELLO, REPLY]), session(messages=messages))


def test_a_transcript_that_grows(violated: Make, session: Make) -> None:
    grown = [HELLO, REPLY, {**HELLO, "time": "2026-01-05T09:00:03Z"}]
    assert violated(session(messages=[HELLO, REPLY]), session(messages=grown)) == set()


def test_a_list_without_transcript_hides_nothing_that_came_before(
    violated: Make, session: Make
) -> None:
    full, hollow = session(messages=[HELLO]), session(messages=None)
    assert violated(full, hollow) == set()
    assert violated(full, hollow, session(messages=[])) == {"LIFE-10"}


def test_an_id_has_no_case(violated: Make, session: Make) -> None:
    first = session(agent_id="one")
    assert violated(first, session(id=first["id"].upper(), agent_id="two")) == {"LIFE-06"}


def test_other_sessions_are_not_compared(violated: Make, session: Make) -> None:
    other = session(id="00000000-0000-4000-8000-000000000000", agent_id="two")
    assert violated(session(), other) == set()


def test_what_cannot_be_read_is_another_rules_matter(violated: Make, session: Make) -> None:
    odd = session(messages=["Hello", {}, {"time": 7}], created_time=None, last_activity="now")
    assert violated(odd, odd) == set()
