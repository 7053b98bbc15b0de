"""Each finding says what to change, and who wants it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract.document import Contract
from conformance.judging.evidence import Finding
from conformance.report.mend import mend

END = "change endChat (POST /api/v1/chats/{id}/end): "
TURN = "change submitMessage (POST /api/v1/chats/{id}/messages): "
LIST = "change listChats (GET /api/v1/chats): "
OPEN = "change openChat (POST /api/v1/chats): "
FINDINGS = [
    (
        *(
            "END-03",
            "the session as it was",
            'it differs in final_reason "agent_finish" and "user_end"',
        ),
        ("openChat 201", "endChat 200", "getChat 200"),
        f"{END}final_reason is wrong after its answer 200",
    ),
    (
        *("TURN-15", "status 400, 409, 410 or 422", 'status 200 with {"messages": []}'),
        ("endChat 200", "submitMessage 200"),
        f"{TURN}it answers 200, where status 400, 409, 410 or 422 is wanted",
    ),
    (
        *("TURN-16", "the session as it was", 'it differs in messages [{"role": "user"}] and []'),
        ("endChat 200", "submitMessage 409", "getChat 200"),
        f"{TURN}messages is wrong after its answer 409",
    ),
    (
        *("IDEM-03", "a 2xx status", 'status 409 with {"status": 409}'),
        ("submitMessage 200", "submitMessage 409"),
        f"{TURN}it answers 409, where a 2xx status is wanted",
    ),
    (
        *("IDEM-11", "the session as it was", 'it differs in last_activity "a" and "b"'),
        ("submitMessage 200", "getChat 200"),
        f"{TURN}last_activity is wrong after its answer 200",
    ),
    (
        *("LIFE-05", 'final_reason to stay "agent_finish"', '"user_end"'),
        ("openChat 201", "endChat 200"),
        f"{END}final_reason is wrong in its answer 200",
    ),
    (
        *("LIFE-15", "messages to stay []", '[{"role": "user"}]'),
        ("endChat 200", "submitMessage 200", "getChat 200"),
        f"{TURN}messages is wrong after its answer 200",
    ),
    (
        *("LIST-17", "total_count 11 from 0, 1 at most", "1"),
        ("openChat 201", "listChats 200"),
        f"{LIST}total_count is wrong in its answer 200",
    ),
    (
        *("LIST-06", "no session of an agent", '["a6db"]'),
        ("openChat 201", "listChats 200"),
        f"{LIST}agent_id is wrong in its answer 200",
    ),
    (
        *("DEDUP-01", "the open session, or 409", "0965"),
        ("openChat 201", "openChat 201"),
        f"{OPEN}what is seen in its answer 201 is not what is wanted: the open session, or 409",
    ),
    (
        *("FIN-01", "a call result within 15 s", "none"),
        ("endChat 200", "searchCallResults 200"),
        f"{END}what is seen after its answer 200 is not what is wanted: a call result within 15 s",
    ),
]


@pytest.mark.parametrize(
    ("rule", "expected", "actual", "steps", "told"), FINDINGS, ids=[one[0] for one in FINDINGS]
)
def test_a_finding_names_operation_member_status_and_source(
    contract: Contract,
    exchange: Callable[..., Any],
    session: Callable[..., dict[str, Any]],
    rule: str,
    expected: str,
    actual: str,
    steps: tuple[str, ...],
    told: str,
) -> None:
    words = [step.split() for step in steps]
    trace = tuple(exchange(id, session(), int(status)) for id, status in words)
    of = contract.rules[rule]
    found = mend(contract, of, Finding(rule, expected, actual, trace))
    what, _, source = found.rpartition(" (")
    assert what == told
    assert source.startswith(f"{of.evidence}: {of.source}, https://")
