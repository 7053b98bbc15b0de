"""The lines of a trace, run one after the other against another server."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from conformance.judging.exchange import Exchange
from conformance.report.curl import curl_lines
from conformance.report.polls import folded

from .shell import Echo, bash

OPENED = "3F0C9F4E-6A51-4D0B-9E58-1F7A6C2D8B10"
AGAIN = "00000000-0000-4000-8000-00000000000a"

Make = Callable[..., Any]


@pytest.fixture
def trace(exchange: Make, session: Make, echo: Echo) -> list[Exchange]:
    """An open, a turn with the session's id in its text, an end, and a look."""
    chats = f"{echo.url}/api/v1/chats"
    body = json.dumps({"content": f"it's {OPENED.lower()}"}).encode()
    opened = exchange("openChat", session(id=OPENED), 201, url=chats, body=b"{}")
    return [
        opened,
        exchange("submitMessage", {}, url=f"{chats}/{OPENED}/messages", body=body),
        exchange("endChat", {}, url=f"{chats}/{OPENED.lower()}/end", body=b"{}"),
        exchange("getChat", {}, url=f"{chats}/{AGAIN}"),
    ]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_session_that_is_opened_again_is_followed_by_its_new_id(
    trace: list[Exchange], session: Make, echo: Echo, indent: int | None
) -> None:
    echo.answer = json.dumps(session(id=AGAIN), indent=indent).encode()
    printed = bash(*curl_lines(trace))
    assert f"S1={AGAIN}" in printed
    assert [got.path for got in echo.got] == [
        "/api/v1/chats",
        f"/api/v1/chats/{AGAIN}/messages",
        f"/api/v1/chats/{AGAIN}/end",
        f"/api/v1/chats/{AGAIN}",
    ]
    assert json.loads(echo.got[1].body) == {"content": f"it's {AGAIN}"}


@pytest.mark.parametrize("id", ["42", "chat_0b17", "a/b"])
def test_an_id_of_any_form_is_kept(exchange: Make, session: Make, echo: Echo, id: str) -> None:
    echo.answer = b'{"channel": "a", "id": "of-today", "messages": [{"tool_calls": [{"id": "c"}]}]}'
    chats = f"{echo.url}/api/v1/chats"
    path = f"{chats}/{quote(id, safe='')}/end"
    bash(
        *curl_lines(
            [
                exchange("openChat", session(id=id), 201, url=chats, body=b"{}"),
                exchange("endChat", {}, url=path, body=b'{"n": 42}'),
            ]
        )
    )
    assert (echo.got[-1].path, echo.got[-1].body) == ("/api/v1/chats/of-today/end", b'{"n": 42}')


def test_two_sessions_have_two_variables(exchange: Make, session: Make) -> None:
    lines = curl_lines(
        [
            exchange("openChat", session(id=OPENED), 201),
            exchange("openChat", session(id=AGAIN), 201),
            exchange("getChat", session(id=AGAIN), id=AGAIN),
            exchange("openChat", session(id=OPENED), 200),
        ]
    )
    assert [line[:3] for line in lines] == ["S1=", "S2=", "cur", "cur"]
    assert '"$S2"' in lines[2]
    assert OPENED not in "".join(lines)


def test_what_ran_at_once_runs_at_once_again(exchange: Make, session: Make, echo: Echo) -> None:
    chats = f"{echo.url}/api/v1/chats"
    echo.answer = json.dumps(session(id=AGAIN)).encode()
    when = {"started": 1.0, "finished": 2.0}
    first, second = (
        exchange("openChat", session(id=id), 201, url=chats, body=b"{}", **when)
        for id in (OPENED, OPENED.replace("a", "b").replace("A", "B"))
    )
    look = exchange("getChat", {}, url=f"{chats}/{OPENED}", started=3.0, finished=4.0)
    lines = curl_lines([first, second, look])
    assert lines[0].endswith(" &")
    assert " & wait; S1=" in lines[1]
    assert "&" not in lines[2]
    printed = bash(*lines)
    assert f"S1={AGAIN}" in printed
    assert [got.path for got in echo.got][-1] == f"/api/v1/chats/{AGAIN}"


@pytest.mark.parametrize(
    ("recorded", "today", "sent"),
    [
        ("2026-01-05T09:00:02.5+00:00", "2026-02-06T10:00:03+00:00", "10%3A00%3A03%2B00%3A00"),
        ("2026-01-05T09:00:02\\u002B00:00", "2026-02-06T10:00:03\\u002b00:00", "03%2B00%3A00"),
        ("2026-01-05T09:00:02Z", "2026-02-06T10:00:03Z", "10%3A00%3A03Z"),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_an_instant_that_a_list_is_asked_for_is_taken_from_the_answer_that_told_it(
    exchange: Make, session: Make, echo: Echo, recorded: str, today: str, sent: str, indent: Any
) -> None:
    def page(last: str) -> bytes:
        items = [session(last_activity=time) for time in ("2026-01-05T09:00:09Z", last)]
        text = json.dumps({"items": items, "total_count": 2}, indent=indent)
        return text.replace("\\\\", "\\").encode()

    chats = f"{echo.url}/api/v1/chats?channel=a"
    told = urlencode({"updated_after": recorded.replace("\\u002B", "+")})
    echo.answer = page(today)
    lines = curl_lines(
        [
            exchange("listChats", page(recorded), url=chats),
            exchange("listChats", {}, url=f"{chats}&{told}&take=5"),
        ]
    )
    printed = bash(*lines)
    assert "T1=2026-02-06T10" in printed
    assert sent in echo.got[1].path
    assert echo.got[1].path.endswith("&take=5")


def test_an_instant_that_no_answer_told_stays_as_it_is(exchange: Make, session: Make) -> None:
    url = "http://t.test/api/v1/chats?updated_after=2026-01-05T09%3A00%3A00Z"
    opened = exchange("openChat", session(last_activity="2026-01-05T09:00:00Z"), 201)
    lines = curl_lines([opened, exchange("listChats", {}, url=url)])
    assert "updated_after=2026-01-05T09%3A00%3A00Z" in lines[1]


def test_a_wait_is_as_long_again_and_a_poll_looks_as_often(
    exchange: Make, session: Make, echo: Echo
) -> None:
    echo.answer = b'{"is_final": true}'
    seen = {"url": f"{echo.url}/api/v1/chats/{OPENED}", "method": "GET"}
    looks = [
        exchange("getChat", session(), **seen, started=at, finished=at + 0.01)
        for at in (0.0, 0.61, 0.7, 0.8, 0.9)
    ]
    lines = curl_lines(looks[:2])
    assert lines[1].startswith("sleep 0.6; curl ")
    trace, polls = folded(looks[1:])
    printed = bash(*curl_lines(trace, polls))
    assert len(echo.got) == 4
    assert printed.count('{"is_final": true}') == 2


def test_many_waits_drift_by_little(exchange: Make) -> None:
    turns = [exchange("submitMessage", {}, started=30.01 * n, finished=30.01 * n) for n in range(5)]
    assert [line.split(";")[0] for line in curl_lines(turns)[1:]] == ["sleep 30.1"] * 4


def test_a_refused_open_keeps_nothing(exchange: Make) -> None:
    lines = curl_lines([exchange("openChat", {"title": "no", "id": "x"}, 400)])
    assert lines[0].startswith("curl ")
