"""Budgets, patience, and what becomes of credentials, over a transport without a network."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.utils import formatdate
from typing import Any

import httpx
import pytest

from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.judging.exchange import Exchange
from conformance.judging.outcomes import Blocked, Hiccup
from conformance.judging.watch import Watch
from conformance.target.api import UNSET, Api
from conformance.target.client import (
    FAILURES_TO_TRIP,
    GATEWAY_ERRORS_TO_TRIP,
    RETRIES_ON_429,
    RETRIES_ON_GATEWAY,
    SWAPPED,
    Client,
    Trespass,
)
from conformance.target.ledger import Book

Answer = Callable[[httpx.Request], httpx.Response]
Make = Callable[..., Any]


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were asked for; none is taken."""
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


@pytest.fixture
def connect(contract: Contract) -> Callable[..., Api]:
    """A view of a target that answers as this function does."""

    def make(answer: Answer, **settings: Any) -> Api:
        given = {"agent": "agent-echo", "max_sessions": 9, "max_turns": 9, "token": "hunter2"}
        config = Config(target="http://target.test/base/", **{**given, **settings})
        client = Client(config, Watch(contract), Book())
        client.http = httpx.Client(transport=httpx.MockTransport(answer))
        return Api(client, "conf-test", "check")

    return make


def opening(session: Make) -> Answer:
    """A target that opens a session for every request."""
    numbers = iter(range(1, 1000))

    def answer(request: httpx.Request) -> httpx.Response:
        id = f"00000000-0000-4000-8000-{next(numbers):012}"
        return httpx.Response(201, json=session(id=id))

    return answer


def limiting(*headers: dict[str, str]) -> Answer:
    """A target that answers 429 with each of these headers, and then 200."""
    left = list(headers)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers=left.pop(0)) if left else httpx.Response(200, json={})

    return answer


def test_the_budget_of_sessions_holds(connect: Make, session: Make) -> None:
    api = connect(opening(session), max_sessions=2)
    api.open()
    api.open()
    with pytest.raises(Blocked, match="budget of 2 sessions"):
        api.open()


def test_the_same_session_again_costs_nothing(connect: Make, session: Make) -> None:
    api = connect(lambda request: httpx.Response(200, json=session()), max_sessions=2)
    for _ in range(5):
        api.open()
    assert len(api.client.ledger.opened) == 1


def test_the_budget_of_turns_counts_refused_ones(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(409), max_turns=2)
    api.submit("x")
    api.submit("x")
    with pytest.raises(Blocked, match="budget of 2 turns"):
        api.submit("x")


def test_the_budget_of_requests_holds_until_the_clean_up(connect: Make, session: Make) -> None:
    api = connect(opening(session), max_requests=1)
    api.list()
    with pytest.raises(Blocked, match="budget of 1 requests"):
        api.list()
    api.client.wind_down()
    api.list()


def test_a_final_session_is_not_left_open(connect: Make, session: Make) -> None:
    replies = iter([session(), session(is_final=True)])
    api = connect(lambda request: httpx.Response(200, json=next(replies)))
    id = api.open().id
    assert api.client.ledger.left_open == [id]
    api.end(id)
    assert api.client.ledger.left_open == []


def test_a_refused_open_opens_nothing(connect: Make, session: Make) -> None:
    api = connect(lambda request: httpx.Response(400, json=session()))
    api.open()
    assert api.client.ledger.opened == {}


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ({"retry-after": "3"}, 2.9, 3),
        ({"retry-after": "0"}, 0.01, 0.1),
        ({"retry-after": "-5"}, 0.01, 0.1),
        ({"retry-after": "100"}, 99, 100),
        ({"retry-after": "inf"}, 0.9, 1),
        ({"retry-after": "nan"}, 0.9, 1),
        ({"retry-after": "soon"}, 0.9, 1),
        ({"retry-after": "Mon, 05 Jan 1970 00:00:00 GMT"}, 0.01, 0.1),
        ({}, 0.9, 1),
    ],
)
def test_a_429_is_waited_out(
    connect: Make, naps: list[float], header: dict[str, str], least: float, most: float
) -> None:
    assert connect(limiting(header)).list().status == 200
    assert len(naps) == 1
    assert least <= naps[0] <= most


def test_a_429_with_a_date_is_waited_out(connect: Make, naps: list[float]) -> None:
    connect(limiting({"retry-after": formatdate(time.time() + 10, usegmt=True)})).list()
    assert 8 <= naps[0] <= 10


def test_every_answer_to_a_repeated_request_is_watched(connect: Make, naps: list[float]) -> None:
    api = connect(limiting({}, {}))
    api.list()
    assert [exchange.status for exchange in api.story] == [429, 429, 200]
    assert api.client.requests == 3


def test_a_target_that_stays_busy_blocks(connect: Make, naps: list[float]) -> None:
    api = connect(limiting(*[{}] * 99))
    with pytest.raises(Blocked, match=f"429 {RETRIES_ON_429} times"):
        api.list()


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("no answer")


def test_a_request_without_an_answer_blocks(connect: Make) -> None:
    with pytest.raises(Blocked, match=r"listChats was not answered: ReadTimeout \(no answer\)"):
        connect(silent).list()


def test_a_target_that_is_down_is_left_alone(connect: Make) -> None:
    api = connect(silent)
    for _ in range(FAILURES_TO_TRIP + 3):
        with pytest.raises(Blocked):
            api.list()
    assert api.client.requests == FAILURES_TO_TRIP


def test_an_answer_closes_the_circuit(connect: Make) -> None:
    turns = iter(([True] * (FAILURES_TO_TRIP - 1) + [False]) * 3)

    def answer(request: httpx.Request) -> httpx.Response:
        return silent(request) if next(turns) else httpx.Response(200, json={})

    api = connect(answer)
    for _ in range(3):
        for _ in range(FAILURES_TO_TRIP - 1):
            with pytest.raises(Blocked):
                api.list()
        assert api.list().status == 200


def test_a_gateway_without_a_target_behind_it_is_left_alone(
    connect: Make, naps: list[float]
) -> None:
    api = connect(lambda request: httpx.Response(502))
    for _ in range(GATEWAY_ERRORS_TO_TRIP):
        api.list()
    with pytest.raises(Blocked, match="in a row 502, 503 or 504"):
        api.list()
    assert api.client.requests == GATEWAY_ERRORS_TO_TRIP * (1 + RETRIES_ON_GATEWAY)


def test_a_session_of_somebody_else_is_not_written_to(connect: Make, session: Make) -> None:
    api = connect(lambda request: httpx.Response(200, json=session()))
    for write in (api.end, api.submit):
        with pytest.raises(Trespass, match="was not opened by this run"):
            write(session()["id"])
    assert api.get(session()["id"]).status == 200
    assert api.client.requests == 1


def test_an_open_without_an_answer_counts_as_a_session(connect: Make) -> None:
    api = connect(silent, max_sessions=1)
    with pytest.raises(Blocked, match="not answered"):
        api.open()
    with pytest.raises(Blocked, match="budget of 1 sessions"):
        api.open()


def test_what_cannot_be_sent_is_no_silence_of_the_target(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(200, json={}))
    for _ in range(FAILURES_TO_TRIP + 1):
        with pytest.raises(Blocked, match="could not be sent"):
            api.client.send(broken_draft())
    assert api.list().status == 200


def broken_draft() -> Exchange:
    return Exchange(0, "getChat", "GET", "http://target.test:port/", {}, None)


def test_the_wire_has_the_key_and_the_record_has_its_name(connect: Make) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={})

    exchange = connect(answer).list()
    assert seen == ["Bearer hunter2"]
    assert "hunter2" not in repr(exchange)
    assert exchange.headers["authorization"] == "Bearer $CONFORMANCE_TOKEN"


def test_the_second_key_is_kept_apart_from_the_first(connect: Make) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={})

    api = connect(answer, second_token="hunter3")
    api.list(auth="Bearer $CONFORMANCE_SECOND_TOKEN")
    api.list(auth="Bearer $CONFORMANCE_TOKENx")
    api.list(auth=f"Bearer {SWAPPED}")
    assert seen == ["Bearer hunter3", "Bearer hunter2x", "Bearer HUNTER2"]


def test_a_target_that_takes_any_key_gets_one(connect: Make) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={})

    connect(answer, token=None).list()
    scheme, _, key = seen[0].partition(" ")
    assert scheme == "Bearer"
    assert key.strip()


def test_no_credentials_are_sent_where_none_are_meant(connect: Make) -> None:
    headers: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        headers.append(request.headers)
        return httpx.Response(401)

    connect(answer).list(auth=None)
    assert "authorization" not in headers[0]


def test_a_path_stands_behind_the_targets_own(connect: Make) -> None:
    exchange = connect(lambda request: httpx.Response(200, json={})).get("a/b c")
    assert exchange.url == "http://target.test/base/api/v1/chats/a%2Fb%20c"


def test_a_redirect_is_an_answer(connect: Make) -> None:
    location = {"location": "http://elsewhere.test/"}
    api = connect(lambda request: httpx.Response(302, headers=location))
    assert api.list().status == 302
    assert api.client.requests == 1


def test_a_body_is_sent_as_json_and_an_unset_member_is_left_out(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(200, json={}))
    body = api.submit("x", "Grüße", idempotency_key=UNSET, additional_data=None).body
    assert json.loads(body) == {"content": "Grüße", "additional_data": None}
    assert "Grüße".encode() in body


def test_requests_keep_to_the_rate(connect: Make, naps: list[float]) -> None:
    api = connect(lambda request: httpx.Response(200, json={}), rate=0.5)
    for _ in range(3):
        api.list()
    assert [round(nap) for nap in naps] == [0, 2, 4]


def test_the_same_seed_says_the_same_words(connect: Make) -> None:
    client = connect(lambda request: httpx.Response(200, json={})).client
    one, again, other = (Api(client, "r", "check", seed) for seed in (1, 1, 2))
    assert (one.text(), one.key(), one.unknown_id()) == (
        again.text(),
        again.key(),
        again.unknown_id(),
    )
    assert one.text() != other.text()


def failing(session: Make, *statuses: int, **headers: str) -> Answer:
    """A target that answers with these statuses first."""
    left = list(statuses)

    def answer(request: httpx.Request) -> httpx.Response:
        if left:
            return httpx.Response(left.pop(0), headers=headers)
        return httpx.Response(200, json=session())

    return answer


def test_a_short_failure_of_a_gateway_is_waited_out(
    connect: Make, session: Make, naps: list[float]
) -> None:
    api = connect(failing(session, 503, 504))
    assert api.get("x").status == 200
    assert "HTTP-02" not in api.client.book.findings
    assert api.client.requests == 3


def test_a_failure_that_stays_is_the_targets(
    connect: Make, session: Make, naps: list[float]
) -> None:
    api = connect(failing(session, *[503] * 9))
    assert api.get("x").status == 503
    assert "HTTP-02" in api.client.book.findings


def test_a_500_is_the_targets_at_once(connect: Make, session: Make) -> None:
    api = connect(failing(session, 500))
    assert api.get("x").status == 500
    assert "HTTP-02" in api.client.book.findings


def test_what_is_not_safe_to_repeat_ends_the_check_until_it_insists(
    connect: Make, session: Make
) -> None:
    api = connect(failing(session, 503, 503))
    with pytest.raises(Hiccup, match="a gateway's alone"):
        api.open()
    assert "HTTP-02" not in api.client.book.findings
    api.client.insisting = True
    assert api.open().status == 503
    assert "HTTP-02" in api.client.book.findings


@pytest.mark.parametrize("status", [502, 503])
def test_a_turn_that_failed_is_sent_again(connect: Make, session: Make, status: int) -> None:
    api = connect(failing(session, status))
    api.client.ledger.note_open("x")
    assert api.submit("x").status == 200
    api = connect(lambda request: httpx.Response(status))
    api.client.ledger.note_open("x")
    assert api.submit("x").status == status
    assert api.client.requests == 1 + RETRIES_ON_GATEWAY


def test_nothing_is_sent_before_the_time_asked_for(connect: Make, session: Make) -> None:
    api = connect(failing(session, 503, **{"retry-after": "1"}))
    begun = time.monotonic()
    assert api.get("x").status == 200
    assert time.monotonic() - begun >= 1


@pytest.mark.parametrize("settings", [{}, {"max_seconds": 30.0}])
def test_a_wait_that_is_too_long_ends_the_run(
    connect: Make, naps: list[float], settings: dict[str, float]
) -> None:
    api = connect(limiting({"retry-after": "3600" if not settings else "60"}), **settings)
    for _ in range(2):
        with pytest.raises(Blocked, match="without a request"):
            api.list()
    assert (api.client.requests, naps) == (1, [])
    assert "Retry-After" in api.client.patience.refused


def test_a_cookie_is_not_sent_back(contract: Contract) -> None:
    client = Client(Config(target="http://target.test"), Watch(contract), Book())
    asked = httpx.Request("GET", "http://target.test/")
    client.http.cookies.extract_cookies(
        httpx.Response(200, headers={"Set-Cookie": "session=key"}, request=asked)
    )
    sent = client.http.build_request("GET", "http://target.test/")
    assert "cookie" not in sent.headers


class Dripping(httpx.SyncByteStream):
    """A body that comes in parts, and does not end by itself."""

    def __init__(self, clock: list[float], part: bytes) -> None:
        self.clock, self.part = clock, part

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(1_000):
            self.clock[0] += 1
            yield self.part


@pytest.mark.parametrize(
    ("settings", "part", "told"),
    [
        ({"timeout": 5.0}, b" ", r"6 bytes came"),
        ({"timeout": 500.0, "max_seconds": 7.0}, b" ", r"[78] bytes came"),
        ({"timeout": 5_000.0}, b" " * 1024 * 1024, r"more than 67108864 bytes"),
    ],
)
def test_an_answer_without_an_end_is_none(
    connect: Make, monkeypatch: pytest.MonkeyPatch, settings: Any, part: bytes, told: str
) -> None:
    clock = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    api = connect(lambda request: httpx.Response(200, stream=Dripping(clock, part)), **settings)
    with pytest.raises(Blocked, match=f"was not answered: (ReadTimeout|TooLarge) .*{told}"):
        api.list()


def test_a_key_is_sent_in_utf_8_as_curl_sends_it(connect: Make) -> None:
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.extend(value for name, value in request.headers.raw if name == b"authorization")
        return httpx.Response(200, json={})

    connect(answer, token="schlüssel-€").list()
    assert seen == ["Bearer schlüssel-€".encode()]


@pytest.mark.parametrize(
    ("operation", "sent"), [("list", 2), ("end", 2), ("open", 1), ("submit", 1)]
)
def test_what_is_safe_to_repeat_is_sent_again_where_the_connection_was_closed(
    connect: Make, session: Make, operation: str, sent: int
) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) == 1:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        return httpx.Response(200, json=session())

    api = connect(answer)
    api.client.ledger.note_open(session()["id"])
    keyed = {"idempotency_key": "key"} if operation == "submit" else {}
    with suppress(Blocked):
        getattr(api, operation)(*[session()["id"]] * (operation in ("end", "submit")), **keyed)
    assert len(seen) == sent


def test_what_is_sent_again_is_within_the_budget(connect: Make) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")

    api = connect(answer, max_requests=3)
    for _ in range(3):
        with suppress(Blocked):
            api.list()
    assert len(seen) == api.client.requests == 3
