"""A check accuses the target of its own rule only: what it builds on blocks it."""

from collections.abc import Callable
from typing import Any

import pytest

from conformance.judging.exchange import ABSENT, LONGEST_ID, Exchange
from conformance.judging.outcomes import Blocked, Violation

Make = Callable[..., Exchange]


def test_another_status_is_a_violation(exchange: Make) -> None:
    with pytest.raises(Violation) as caught:
        exchange("getChat", {"title": "gone"}, 410).expect_status(200, 404)
    assert caught.value.expected == "status 200 or 404"
    assert caught.value.actual == 'status 410 with {"title": "gone"}'


def test_a_wanted_status_gives_the_exchange_back(exchange: Make) -> None:
    answer = exchange("getChat", {}, 404)
    assert answer.expect_status(404) is answer


def test_a_server_error_blocks_since_another_rule_reports_it(exchange: Make) -> None:
    with pytest.raises(Blocked, match="HTTP-02"):
        exchange("getChat", {}, 500).expect_status(200)


def test_a_server_error_that_is_wanted_is_fine(exchange: Make) -> None:
    exchange(None, {}, 501).expect_status(405, 501)


@pytest.mark.parametrize("status", [200, 201, 202, 299, 409])
def test_which_2xx_it_is_accuses_no_rule_but_that_of_the_status(
    exchange: Make, status: int
) -> None:
    answer = exchange("submitMessage", {}, status)
    assert answer.expect_ok(409) is answer


def test_a_refusal_in_the_place_of_a_2xx_is_a_violation(exchange: Make) -> None:
    with pytest.raises(Violation) as caught:
        exchange("submitMessage", {}, 404).expect_ok(409)
    assert caught.value.expected == "a 2xx status or 409"


def test_a_server_error_in_the_place_of_a_2xx_blocks(exchange: Make) -> None:
    with pytest.raises(Blocked, match="HTTP-02"):
        exchange("submitMessage", {}, 503).expect_ok()


@pytest.mark.parametrize("status", [400, 404, 422, 499])
def test_any_4xx_is_a_refusal(exchange: Make, status: int) -> None:
    exchange("getChat", {}, status).expect_refusal()


@pytest.mark.parametrize("status", [200, 302])
def test_what_is_no_4xx_is_no_refusal(exchange: Make, status: int) -> None:
    with pytest.raises(Violation, match="a 4xx status"):
        exchange("getChat", {}, status).expect_refusal()


def test_a_server_error_in_the_place_of_a_refusal_blocks(exchange: Make) -> None:
    with pytest.raises(Blocked):
        exchange("getChat", {}, 503).expect_refusal()


@pytest.mark.parametrize("part", ["session", "turn", "page", "results"])
@pytest.mark.parametrize(
    ("answer", "status"), [({}, 404), ({}, 200), ([], 200), (b"no json", 200), (b"", 200)]
)
def test_an_answer_without_the_part_blocks(
    exchange: Make, part: str, answer: Any, status: int
) -> None:
    with pytest.raises(Blocked, match="getChat"):
        getattr(exchange("getChat", answer, status), part)


@pytest.mark.parametrize(
    ("part", "answer"),
    [
        ("session", {"id": "a", "messages": None, "last_activity": "now"}),
        ("session", {"id": 7, "messages": [], "last_activity": "now"}),
        ("turn", {"messages": {}, "is_final": False}),
        ("page", {"items": None, "total_count": 0}),
        ("results", {"results": "none", "totalCount": 0}),
    ],
)
def test_a_part_that_cannot_be_used_blocks(exchange: Make, part: str, answer: Any) -> None:
    with pytest.raises(Blocked, match="without"):
        getattr(exchange("getChat", answer), part)


def test_a_session_is_given_as_it_came(exchange: Make, session: Callable[..., Any]) -> None:
    answer = exchange("openChat", session(), 201)
    assert answer.session == session()
    assert answer.id == session()["id"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_absent(exchange: Make, content: bytes) -> None:
    assert exchange("getChat", content).json is ABSENT


@pytest.mark.parametrize("sign", ["", "-"])
def test_an_integer_of_any_length_is_json(exchange: Make, sign: str) -> None:
    answer = exchange("getChat", b'{"id": "a", "n": %s}' % (sign + "9" * 5000).encode())
    assert answer.json["id"] == "a"
    assert str(answer.json["n"]).startswith(sign + "9" * 4000)
    assert answer.summary.startswith("status 200 with ")


def test_null_is_json(exchange: Make) -> None:
    assert exchange("getChat", b"null").json is None


def test_the_media_type_has_no_parameters(exchange: Make) -> None:
    answer = exchange("getChat", {}, kind="Application/JSON; charset=utf-8")
    assert answer.media_type == "application/json"


def test_the_path_has_no_query(exchange: Make) -> None:
    answer = exchange("listChats", {}, url="http://target.test/api/v1/chats?take=1")
    assert answer.path == "/api/v1/chats"


def test_a_summary_is_one_bounded_line(exchange: Make) -> None:
    summary = exchange("getChat", b"<html>\xff" + b"x" * 5000, 502).summary
    assert summary.startswith('status 502 with "<html>')
    assert "\n" not in summary
    assert len(summary) < 400


def test_a_summary_without_a_body_is_the_status(exchange: Make) -> None:
    assert exchange("getChat", b"", 204).summary == "status 204"


def test_an_id_that_fits_no_url_opens_no_session(exchange: Make) -> None:
    assert exchange("openChat", {"id": "a" * LONGEST_ID}, 201).opened == "a" * LONGEST_ID
    assert exchange("openChat", {"id": "a" * (LONGEST_ID + 1)}, 201).opened is None
