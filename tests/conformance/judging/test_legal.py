"""What the contract leaves open breaks no rule."""

from typing import Any

import pytest

from conformance.judging.watch import Watch

from .test_watch import CALL, HELLO, PROBLEM, REPLY, Make, page, turn, without

LEGAL_SESSIONS = [
    {},
    {"id": "3F0C9F4E-6A51-4D0B-9E58-1F7A6C2D8B10"},
    {"channel": None},
    {"channel": "anything at all"},
    {"ttl_seconds": None},
    {"created_time": "2026-01-05T10:00:00+01:00"},
    {"created_time": "2026-01-05T09:00:00.123456789Z"},
    {"created_time": "2026-01-05t09:00:00z", "last_activity": "2026-01-05T09:00:00Z"},
    {"created_time": "2026-01-05T09:00:02.9Z", "last_activity": "2026-01-05T09:00:02Z"},
    {"messages": [HELLO, REPLY]},
    {"messages": [{**HELLO, "tool_calls": []}, without(REPLY, "tool_calls")]},
    {"messages": [{**REPLY, "content": None, "tool_calls": [CALL]}]},
    {"messages": [{**REPLY, "content": "", "tool_calls": [{**CALL, "arguments": "raw"}]}]},
    {"messages": [REPLY]},
    {"is_final": True},
    {"is_final": True, "final_reason": "operator_takeover"},
]


@pytest.mark.parametrize("changes", LEGAL_SESSIONS)
@pytest.mark.parametrize("operation", ["openChat", "getChat", "endChat"])
def test_a_legal_session_breaks_nothing(
    violated: Make, exchange: Make, session: Make, operation: str, changes: dict[str, Any]
) -> None:
    made = exchange(operation, session(**changes), kind="application/json; charset=utf-8")
    assert violated(made) == set()


@pytest.mark.parametrize("changes", [*LEGAL_SESSIONS, {"messages": None}])
def test_a_legal_item_breaks_nothing(
    violated: Make, exchange: Make, session: Make, changes: dict[str, Any]
) -> None:
    assert violated(exchange("listChats", page(session(**changes)))) == set()


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("listChats", page(take=200, total_count=7)),
        ("submitMessage", turn(REPLY)),
        ("submitMessage", turn({**REPLY, "tool_calls": [CALL]}, REPLY)),
        ("submitMessage", turn(REPLY, is_final=True, status="final")),
        ("searchCallResults", {"results": [], "totalCount": 0, "totalPages": 0}),
        (
            "searchCallResults",
            {
                "results": [{"callId": "c", "agentId": None, "transcription": None}],
                "totalCount": 1,
                "totalPages": 1,
                "aggregations": None,
            },
        ),
    ],
)
def test_a_legal_body_breaks_nothing(
    violated: Make, exchange: Make, operation: str, body: Any
) -> None:
    assert violated(exchange(operation, body)) == set()


@pytest.mark.parametrize(
    "answer",
    [
        PROBLEM,
        without(PROBLEM, "status"),
        {},
        {**PROBLEM, "traceId": "00-ab", "errors": [{"detail": "no such id"}]},
        {**PROBLEM, "detail": "please select a session from the list where you are"},
    ],
)
def test_a_legal_problem_breaks_nothing(violated: Make, exchange: Make, answer: Any) -> None:
    assert violated(exchange("getChat", answer, 404)) == set()


def test_a_method_that_is_not_implemented_is_no_server_error(
    violated: Make, exchange: Make
) -> None:
    assert violated(exchange(None, {**PROBLEM, "status": 501}, 501)) == set()


def test_an_agent_that_fails_is_no_server_error(violated: Make, exchange: Make) -> None:
    assert violated(exchange("submitMessage", {**PROBLEM, "status": 502}, 502)) == set()


def test_every_verdict_is_counted_as_seen(watch: Watch, exchange: Make, session: Make) -> None:
    seen = {rule for rule, _ in watch.judge(exchange("getChat", session(messages=[HELLO])))}
    assert {"SES-01", "SES-05", "MSG-01", "MSG-02", "MSG-03", "LIFE-01", "LIFE-04"} <= seen
    assert "LIFE-03" not in seen


@pytest.mark.parametrize(
    "odd",
    [b"1e999", b"9" * 400, b'"\\ud800"', b"[" * 300 + b"]" * 300, b'{"\\ud800": "\\udfff"}'],
    ids=["huge", "long", "surrogate", "deep", "odd key"],
)
@pytest.mark.parametrize("member", [b"agent_id", b"extra"])
def test_extreme_values_do_not_stop_the_watch(
    violated: Make, exchange: Make, member: bytes, odd: bytes
) -> None:
    assert violated(exchange("getChat", b'{"%s": %s}' % (member, odd))) != set()


def test_deep_arguments_do_not_stop_the_watch(violated: Make, exchange: Make) -> None:
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    call = {**CALL, "arguments": deep}
    assert violated(exchange("submitMessage", turn({**REPLY, "tool_calls": [call]}))) == set()
