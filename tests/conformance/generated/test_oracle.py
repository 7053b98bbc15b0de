"""What the contract says of requests, one line a case."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract.document import Contract
from conformance.generated.oracle import Oracle
from conformance.judging.exchange import Exchange

AGENT = "agent-echo"
TEXT = "Grüße, 日本語"


@pytest.fixture(scope="module")
def oracle(contract: Contract) -> Oracle:
    return Oracle(contract, AGENT)


@pytest.fixture
def kind(oracle: Oracle, exchange: Callable[..., Exchange]) -> Callable[..., str]:
    """Judge a request by its body (bytes, or a value for JSON) or by other parts of it."""

    def judge(operation: str | None, body: Any = None, **changes: Any) -> str:
        if body is not None:
            sent = body if isinstance(body, bytes) else json.dumps(body).encode()
            changes = {"headers": {"content-type": "application/json"}, "body": sent, **changes}
        return oracle.judge(exchange(operation, **changes)).kind

    return judge


def opening(**members: Any) -> dict[str, Any]:
    return {"agent_id": AGENT, **members}


@pytest.mark.parametrize(
    ("wanted", "body"),
    [
        ("fits", opening()),
        ("fits", opening(channel="web", ttl_seconds=60)),
        ("fits", opening(ttl_seconds=86400, external_id={"from": "+1", "deep": {"a": [1, None]}})),
        ("fits", opening(additional_data={TEXT: TEXT}, unlisted=[True])),
        ("breaks", {}),
        ("breaks", {"channel": "web"}),
        ("breaks", {"agent_id": None}),
        ("breaks", {"agent_id": 17}),
        ("breaks", {"agent_id": [AGENT]}),
        ("breaks", opening(channel=["web"])),
        ("breaks", opening(external_id="+1")),
        ("breaks", opening(external_id=[1])),
        ("breaks", opening(additional_data=17)),
        ("breaks", opening(ttl_seconds="soon")),
        ("breaks", opening(ttl_seconds={})),
        ("breaks", opening(ttl_seconds=60.5)),
        ("breaks", []),
        ("breaks", b"null"),
        ("breaks", b"{'agent_id': 'x'}"),
        ("open", {"agent_id": "another"}),
        ("open", {"agent_id": ""}),
        ("open", opening(channel=None)),
        ("open", opening(channel="")),
        ("open", opening(channel=5)),
        ("open", opening(channel="x" * 1001)),
        ("open", opening(channel="a\x00b")),
        ("open", opening(channel="a\ud800b")),
        ("open", opening(external_id=None)),
        ("open", opening(external_id={"a.b": 1})),
        ("open", opening(external_id={"n": 2**53 + 1})),
        ("open", opening(additional_data={"": 1})),
        ("open", opening(ttl_seconds=None)),
        ("open", opening(ttl_seconds=59)),
        ("open", opening(ttl_seconds=-60)),
        ("open", opening(ttl_seconds=0.5)),
        ("open", opening(ttl_seconds="1800")),
        ("open", opening(ttl_seconds=True)),
        ("open", opening(ttl_seconds=1800.0)),
        ("open", opening(agentId=AGENT)),
        ("open", opening(unlisted="\x00")),
        ("open", opening(additional_data={str(i): "x" * 900 for i in range(80)})),
        ("open", b'{"agent_id": "agent-echo", "n": NaN}'),
        ("open", b'{"agent_id": "agent-echo", "agent_id": "agent-echo"}'),
        ("open", b'{"agent_id": "\xff"}'),
        ("open", b"[" * 5000 + b"]" * 5000),
    ],
)
def test_open(kind: Callable[..., str], wanted: str, body: Any) -> None:
    assert kind("openChat", body) == wanted


@pytest.mark.parametrize(
    ("wanted", "body"),
    [
        ("fits", {"content": TEXT, "idempotency_key": "k" * 128, "additional_data": {}}),
        ("breaks", {"idempotency_key": "k"}),
        ("breaks", {"content": None}),
        ("breaks", {"content": ["Hello"]}),
        ("breaks", {"content": "Hello", "idempotency_key": {}}),
        ("breaks", {"content": "Hello", "additional_data": "text"}),
        ("open", {"content": ""}),
        ("open", {"content": " \u2003\u200b\u3164"}),
        ("open", {"content": "Hello", "idempotency_key": ""}),
        ("open", {"content": "Hello", "idempotency_key": "k" * 129}),
        ("open", {"content": "Hello", "idempotency_key": None}),
        ("open", {"content": "Hello", "additional_data": None}),
        ("open", {"content": "a\rb"}),
        # What is broken must be refused, whatever else is left open.
        ("breaks", {"content": 17, "idempotency_key": None}),
    ],
)
def test_submit(kind: Callable[..., str], wanted: str, body: Any) -> None:
    assert kind("submitMessage", body) == wanted


@pytest.mark.parametrize(
    ("wanted", "body"),
    [
        ("fits", {}),
        ("fits", {"note": "done"}),
        ("breaks", {"note": ["done"]}),
        ("breaks", "text"),
        ("open", b""),
        ("open", b"null"),
        ("open", {"note": 5}),
        ("open", {"note": None}),
    ],
)
def test_end(kind: Callable[..., str], wanted: str, body: Any) -> None:
    assert kind("endChat", body) == wanted


@pytest.mark.parametrize(
    ("wanted", "body"),
    [
        ("fits", {}),
        ("fits", {"page": 0, "size": 200, "agentIds": [AGENT], "callStatuses": ["Completed"]}),
        ("fits", {"fromDate": "2026-01-05T09:00:00.25+05:30", "callIds": []}),
        ("fits", {"additionalDataFilters": {"callAdditionalData.customer": "Ada"}}),
        ("breaks", {"page": -1}),
        ("breaks", {"size": "many"}),
        ("breaks", {"agentIds": {}}),
        ("breaks", {"agentIds": [{}]}),
        ("breaks", {"fromDate": ["2026-01-05T09:00:00Z"]}),
        ("breaks", {"toDate": "soon"}),
        ("breaks", {"additionalDataFilters": "Ada"}),
        ("open", b""),
        ("open", {"size": 0}),
        ("open", {"page": None}),
        ("open", {"agentIds": AGENT}),
        ("open", {"agentIds": ["another"]}),
        ("open", {"agentIds": [5]}),
        ("open", {"callIds": ["1"]}),
        ("open", {"callStatuses": ["Failed"]}),
        ("open", {"additionalDataFilters": {"customer": "Ada"}}),
        ("open", {"fromDate": "0001-01-01T00:00:00Z"}),
        ("open", {"fromDate": "2026-01-05 09:00:00z"}),
        ("open", {"fromDate": "2026-12-31T23:59:60Z"}),
        ("open", {"fromDate": "2026-02-30T00:00:00Z"}),
        ("open", {"fromDate": "2026-01-05T09:00:00Z", "toDate": "2026-01-04T09:00:00Z"}),
        ("open", {"unlisted": 1}),
    ],
)
def test_search(kind: Callable[..., str], wanted: str, body: Any) -> None:
    assert kind("searchCallResults", body) == wanted


@pytest.mark.parametrize(
    ("wanted", "query"),
    [
        ("fits", ""),
        ("fits", "state=all&skip=0&take=200&channel=web"),
        ("fits", f"agent_id={AGENT}&updated_after=2026-01-05T09:00:00%2B02:00"),
        ("fits", "skip=2147483647"),
        ("breaks", "state=AAA"),
        ("breaks", "skip=-1"),
        ("breaks", "skip=AAA"),
        ("breaks", "take=0.5"),
        ("breaks", "take=true"),
        ("breaks", "updated_after=AAA"),
        ("breaks", "channel=&state=AAA"),
        ("open", "state=ACTIVE"),
        ("open", "state="),
        ("open", "state=AAA&state=AAA"),
        ("open", "take=0"),
        ("open", "take=201"),
        ("open", "take=5.0"),
        ("open", "take=%205"),
        ("open", "take=0x5"),
        ("open", "take=007"),
        ("open", "take=٣"),
        ("open", "skip=2147483648"),
        ("open", "skip="),
        ("open", "updated_after="),
        ("open", "updated_after=0.5"),
        ("open", "updated_after=2026-01-05T09:00:00+02:00"),
        ("open", "channel="),
        ("open", "agent_id=another"),
        ("open", "unlisted=1"),
        ("open", "channel=%FF"),
    ],
)
def test_list(kind: Callable[..., str], wanted: str, query: str) -> None:
    assert kind("listChats", url=f"http://target.test/api/v1/chats?{query}") == wanted


@pytest.mark.parametrize(
    ("wanted", "id"),
    [
        ("fits", "3F0C9F4E-6a51-4d0b-9e58-1f7a6c2d8b10"),
        ("breaks", "0"),
        ("breaks", "null%2Cnull"),
        ("breaks", "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b1"),
        ("open", "3f0c9f4e6a514d0b9e581f7a6c2d8b10"),
        ("open", ".."),
        ("open", "%2E"),
        ("open", "a%2Fb"),
        ("open", "%00"),
        ("open", "a;b"),
        ("open", "é"),
    ],
)
def test_id(kind: Callable[..., str], wanted: str, id: str) -> None:
    assert kind("getChat", id=id) == wanted


@pytest.mark.parametrize(
    ("wanted", "media_type"),
    [
        ("breaks", "application/json"),
        ("breaks", "application/json; charset=UTF-8"),
        ("open", "application/json; charset=utf-16"),
        ("open", "text/plain"),
        ("open", ""),
    ],
)
def test_another_media_type_is_left_open(
    kind: Callable[..., str], wanted: str, media_type: str
) -> None:
    assert kind("openChat", {}, headers={"content-type": media_type}) == wanted


def test_a_missing_body_breaks_where_a_member_is_required(kind: Callable[..., str]) -> None:
    found = {id: kind(id) for id in ("openChat", "submitMessage", "endChat", "searchCallResults")}
    assert list(found.values()) == ["breaks", "breaks", "open", "open"]


def test_a_request_of_no_operation_is_left_open(kind: Callable[..., str]) -> None:
    assert kind(None) == "open"


def test_a_judgement_says_why(oracle: Oracle, exchange: Callable[..., Exchange]) -> None:
    request = exchange("listChats", url="http://target.test/api/v1/chats?skip=-5")
    assert oracle.judge(request).why == "skip is negative"
