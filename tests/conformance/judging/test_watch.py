"""One broken answer for each watched rule gives that rule and no other; what the contract
leaves open gives none."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.contract.document import Contract
from conformance.judging.watch import Watch
from conformance.registry import exchange_checks

AT = "2026-01-05T09:00:00"
HELLO = {"role": "user", "content": "Hello", "tool_calls": None, "time": f"{AT}Z"}
REPLY = {"role": "assistant", "content": "Hi", "time": "2026-01-05T09:00:01Z"}
CALL: dict[str, Any] = {"id": "call-1", "name": "look", "arguments": {}, "response": None}
PROBLEM = {"type": "about:blank", "title": "No such session", "status": 404}
NO_MEMBER = object()

Make = Callable[..., Any]


def without(body: dict[str, Any], member: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != member}


def page(*items: Any, **changes: Any) -> dict[str, Any]:
    return {"items": list(items), "total_count": len(items), "skip": 0, "take": 20, **changes}


def turn(*messages: Any, **changes: Any) -> dict[str, Any]:
    return {"messages": list(messages), "is_final": False, "status": "active", **changes}


BROKEN_SESSIONS = [
    ("SES-01", {"ttl_seconds": NO_MEMBER}),
    ("SES-01", {"messages": NO_MEMBER}),
    ("SES-01", {"is_final": NO_MEMBER}),
    ("SES-02", {"external_id": {}}),
    ("SES-02", {"is_final": True, "note": "done"}),
    ("SES-03", {"id": "chat-17"}),
    ("SES-03", {"id": None}),
    ("SES-04", {"created_time": "2026-01-05 09:00"}),
    ("SES-04", {"last_activity": AT}),
    ("SES-04", {"last_activity": 1767603600}),
    ("SES-05", {"agent_id": 7}),
    ("SES-05", {"channel": ["web"]}),
    ("SES-05", {"messages": None}),
    ("SES-05", {"messages": {}}),
    ("SES-05", {"ttl_seconds": "1800"}),
    ("SES-05", {"ttl_seconds": 59}),
    ("MSG-01", {"messages": [without(HELLO, "time")]}),
    ("MSG-01", {"messages": [{**HELLO, "id": "m-1"}]}),
    ("MSG-01", {"messages": [{**HELLO, "content": 7}]}),
    ("MSG-01", {"messages": [{**HELLO, "time": "soon"}]}),
    ("MSG-01", {"messages": [{**REPLY, "tool_calls": [without(CALL, "response")]}]}),
    ("MSG-01", {"messages": ["Hello"]}),
    ("MSG-02", {"messages": [{**HELLO, "role": "tool"}]}),
    ("MSG-03", {"messages": [{**HELLO, "time": "2026-01-05T09:05:00Z"}, REPLY]}),
    ("LIFE-01", {"status": "final"}),
    ("LIFE-01", {"status": "Active"}),
    ("LIFE-01", {"is_final": True, "status": "active"}),
    ("LIFE-01", {"is_final": "false"}),
    ("LIFE-03", {"is_final": True, "final_reason": None}),
    ("LIFE-03", {"is_final": True, "final_reason": ""}),
    ("LIFE-04", {"final_reason": "user_end"}),
    ("TIME-01", {"last_activity": "2026-01-05T08:00:00Z"}),
]


@pytest.mark.parametrize(("rule", "changes"), BROKEN_SESSIONS)
def test_a_broken_session_breaks_its_own_rule(
    violated: Make, exchange: Make, session: Make, rule: str, changes: dict[str, Any]
) -> None:
    body = {k: v for k, v in session(**changes).items() if v is not NO_MEMBER}
    assert violated(exchange("getChat", body)) == {rule}


@pytest.mark.parametrize(
    ("rule", "changes"), [row for row in BROKEN_SESSIONS if row[1] != {"messages": None}]
)
def test_a_broken_session_in_a_list_breaks_its_own_rule(
    violated: Make, exchange: Make, session: Make, rule: str, changes: dict[str, Any]
) -> None:
    body = {k: v for k, v in session(**changes).items() if v is not NO_MEMBER}
    assert violated(exchange("listChats", page(body))) == {rule}


MISFITS = [
    ({"ttl_seconds": NO_MEMBER}, "expected the member /ttl_seconds; got /ttl_seconds is missing"),
    (
        {"channel": NO_MEMBER, "messages": NO_MEMBER},
        "expected the member /channel; the member /messages; "
        "got /channel is missing; /messages is missing",
    ),
    (
        {"note": "done", "a/b": 1},
        "expected no unknown member in the body; got /note, /a~1b in it",
    ),
    ({"agent_id": 7}, "expected /agent_id of type string; got /agent_id 7"),
    (
        {"ttl_seconds": "1800"},
        'expected /ttl_seconds of type null or integer; got /ttl_seconds "1800"',
    ),
    (
        {"messages": [{**HELLO, "x": 1}]},
        "expected no unknown member in /messages/0; got /messages/0/x in it",
    ),
    ({"status": "final"}, 'expected /status as the contract has it; got /status: "\\"final\\" is '),
]


@pytest.mark.parametrize(("changes", "words"), MISFITS)
def test_a_violation_names_the_members_that_do_not_fit(
    watch: Watch, exchange: Make, session: Make, changes: dict[str, Any], words: str
) -> None:
    body = {k: v for k, v in session(**changes).items() if v is not NO_MEMBER}
    [told] = [str(why) for _, why in watch.judge(exchange("getChat", body)) if why]
    assert told.startswith(words)


def test_a_violation_in_a_list_names_the_item(watch: Watch, exchange: Make, session: Make) -> None:
    made = exchange("listChats", page(session(), session(note="done")))
    [told] = [str(why) for _, why in watch.judge(made) if why]
    assert told == "expected no unknown member in /items/1; got /items/1/note in it"


@pytest.mark.parametrize(
    ("rules", "changes"),
    [
        ("LIFE-02", {}),
        ("LIFE-05", {"is_final": True, "final_reason": "ttl"}),
        ("LIFE-06", {"is_final": True, "agent_id": "agent-tools"}),
        ("LIFE-07", {"is_final": True, "channel": "twilio_sms"}),
        ("LIFE-10 LIFE-15", {"is_final": True, "messages": []}),
        ("LIFE-15", {"is_final": True, "messages": [HELLO, HELLO]}),
        ("TIME-04", {"is_final": True, "last_activity": "2026-01-05T09:00:01Z"}),
    ],
)
def test_a_broken_second_sight_breaks_its_own_rule(
    violated: Make, exchange: Make, session: Make, rules: str, changes: dict[str, Any]
) -> None:
    first = exchange("endChat", session(is_final=True, messages=[HELLO]))
    second = exchange("getChat", session(**{"messages": [HELLO], **changes}))
    assert violated(first, second) == {*rules.split()}


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("SES-05", []),
        ("SES-05", None),
        ("SES-05", "active"),
    ],
)
def test_what_is_no_object_is_no_session(
    violated: Make, exchange: Make, rule: str, body: Any
) -> None:
    assert violated(exchange("openChat", body, 201)) == {rule}


def test_a_page_of_more_items_than_there_may_be(
    contract: Contract, violated: Make, exchange: Make, session: Make
) -> None:
    items = [session()] * (contract.page_sizes.most + 1)
    assert violated(exchange("listChats", page(items=items))) == {"LIST-01"}
    assert violated(exchange("listChats", page(items=items[1:]))) == set()


@pytest.mark.parametrize(
    ("rule", "operation", "body"),
    [
        ("LIST-01", "listChats", without(page(), "take")),
        ("LIST-01", "listChats", page(total_count="0")),
        ("LIST-01", "listChats", page(items=None)),
        ("LIST-01", "listChats", page(next=None)),
        ("LIST-01", "listChats", []),
        ("TURN-01", "submitMessage", without(turn(REPLY), "messages")),
        ("TURN-01", "submitMessage", turn(REPLY, id="x")),
        ("TURN-01", "submitMessage", []),
        ("LIFE-01", "submitMessage", turn(REPLY, is_final=True)),
        ("LIFE-01", "submitMessage", turn(REPLY, status="final")),
        ("MSG-01", "submitMessage", turn(without(REPLY, "content"))),
        ("MSG-02", "submitMessage", turn({**REPLY, "role": "system"})),
        ("FIN-03", "searchCallResults", {"results": [], "totalCount": 0}),
        ("FIN-03", "searchCallResults", {"results": [{}], "totalCount": 0, "totalPages": 0}),
    ],
)
def test_a_broken_body_breaks_its_own_rule(
    violated: Make, exchange: Make, rule: str, operation: str, body: Any
) -> None:
    assert violated(exchange(operation, body)) == {rule}


@pytest.mark.parametrize(
    ("rule", "status", "answer", "kind"),
    [
        ("HTTP-01", 302, b"", ""),
        ("HTTP-01", 204, b"", "application/json"),
        ("HTTP-01", 418, {**PROBLEM, "status": 418}, "application/problem+json"),
        ("HTTP-02", 500, b"", ""),
        ("HTTP-02", 503, {**PROBLEM, "status": 503}, "application/problem+json"),
        ("HTTP-03", 200, b"<html></html>", "text/html"),
        ("HTTP-03", 200, b"", ""),
        ("HTTP-12", 200, b"{", "application/json"),
        ("HTTP-12", 200, b"", "application/json"),
        ("HTTP-12", 200, b'{"ttl_seconds": NaN}', "application/json"),
        ("HTTP-12", 200, b'\xef\xbb\xbf{"id": 1}', "application/json"),
        ("HTTP-12", 200, '{"id": 1}'.encode("utf-16-le"), "application/json"),
        ("HTTP-12", 200, b'{"id": "\xff"}', "application/json"),
        ("ERR-01", 404, b"", ""),
        ("ERR-01", 404, b"gone", "text/plain"),
        ("ERR-01", 404, PROBLEM, "application/json"),
        ("ERR-01", 404, [], "application/problem+json"),
        ("ERR-01", 404, {**PROBLEM, "title": 7}, "application/problem+json"),
        ("ERR-02", 404, {**PROBLEM, "status": 400}, "application/problem+json"),
    ],
)
def test_a_broken_response_breaks_its_own_rule(
    violated: Make, exchange: Make, rule: str, status: int, answer: Any, kind: str
) -> None:
    found = violated(exchange("getChat", answer, status, kind=kind))
    # A body that is a session of no kind has more to it than the protocol.
    assert {id for id in found if id.startswith(("HTTP", "ERR"))} == {rule}


@pytest.mark.parametrize(("silence", "rule"), [("closed", "HTTP-19"), ("late", "HTTP-20")])
def test_no_answer_breaks_its_own_rule(
    violated: Make, exchange: Make, silence: Any, rule: str
) -> None:
    assert violated(replace(exchange("getChat", None, 0), silence=silence)) == {rule}


@pytest.mark.parametrize(
    "detail",
    [
        "Traceback (most recent call last):",
        'File "/srv/app.py", line 7',
        "   at Chats.Get(String id) in /src/Chats.cs:line 7",
        "at org.example.Chats.get(Chats.java:7)",
        "at /srv/node_modules/koa/index.js",
        "at find (file:///srv/app/sessions.mjs:359:73)",
        "in /var/www/chats.php on line 12",
        "app/models/chat.rb:12:in 'find'",
        "goroutine 17 [running]:",
        "SELECT id FROM chats WHERE id = 1",
        "System.NullReferenceException",
    ],
)
def test_internals_of_the_server_in_an_error(violated: Make, exchange: Make, detail: str) -> None:
    assert violated(exchange("getChat", {**PROBLEM, "detail": detail}, 404)) == {"ERR-03"}


@pytest.mark.parametrize(
    "detail", ["Try again at 10:30:00.", "See https://example.org/a.js", "a.go"]
)
def test_what_is_no_internal_in_an_error(violated: Make, exchange: Make, detail: str) -> None:
    assert violated(exchange("getChat", {**PROBLEM, "detail": detail}, 404)) == set()


@pytest.mark.parametrize("policy", ["public", "private, s-maxage=60"])
def test_private_data_for_shared_caches(
    violated: Make, exchange: Make, session: Make, policy: str
) -> None:
    seen = exchange("getChat", session())
    headers = {**seen.answer_headers, "cache-control": policy}
    assert violated(replace(seen, answer_headers=headers)) == {"HTTP-15"}


def test_the_tables_above_leave_no_watched_rule_out(contract: Contract) -> None:
    named = {row[0] for row in BROKEN_SESSIONS} | {
        "LIFE-02", "LIFE-05", "LIFE-06", "LIFE-07", "LIFE-10", "LIFE-15", "TIME-04",
        "TTL-01", "TTL-02", "TTL-03", "TTL-04", "TTL-06",  # of one kind
        "LIST-01",
        "HTTP-01", "HTTP-02", "HTTP-03", "HTTP-12", "HTTP-15", "HTTP-19", "HTTP-20",
        "ERR-01", "ERR-02", "ERR-03",
    }  # fmt: skip
    assert set(exchange_checks(contract)) <= named | {"TURN-01", "FIN-03", "OPEN-01"}
