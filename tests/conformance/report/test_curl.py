"""The lines are run in a real bash, against a server that keeps what comes."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from conformance.judging.exchange import Exchange
from conformance.report.curl import added_headers, curl_lines
from conformance.report.polls import folded
from conformance.target.credentials import SWAPPED
from tests.serving import answering

OPENED = "3F0C9F4E-6A51-4D0B-9E58-1F7A6C2D8B10"
AGAIN = "00000000-0000-4000-8000-00000000000a"
TOKEN = "hunter2"

Make = Callable[..., Any]


@dataclass
class Got:
    """A request as the server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Echo:
    """Where the server listens, what came, and what it answers."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answer: bytes = b"{}"


@pytest.fixture
def echo() -> Iterator[Echo]:
    seen = Echo()

    class Handler(BaseHTTPRequestHandler):
        def keep(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {key.lower(): value for key, value in self.headers.items()}
            seen.got.append(Got(self.command, self.path, headers, body))
            self.send_response(201)
            self.send_header("content-length", str(len(seen.answer)))
            self.end_headers()
            self.wfile.write(seen.answer)

        do_GET = do_POST = do_PUT = do_DELETE = keep

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with answering(Handler) as seen.url:
        yield seen


def bash(*lines: str, token: str | None = TOKEN) -> str:
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    environment |= {"CONFORMANCE_TOKEN": token} if token else {}
    done = subprocess.run(
        ["bash", "-u", "-c", "\n".join(lines)], capture_output=True, env=environment
    )
    assert done.stderr == b""
    return done.stdout.decode("utf-8", "replace")


@pytest.fixture
def told(exchange: Make, echo: Echo) -> Callable[..., Got]:
    """Tell one request as a line, run that, and give what came."""

    def tell(body: bytes | None = None, path: str = "/api", **changes: Any) -> Got:
        given = {"method": "POST", "headers": {"content-type": "application/json"}, **changes}
        lines = curl_lines([exchange(None, {}, url=echo.url + path, body=body, **given)])
        assert len(lines) == 1
        assert "\n" not in lines[0] or b"\n" in (body or b"")
        bash(*lines)
        return echo.got[-1]

    return tell


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"{\"content\": \"it's ''quoted'' \\\" and `uname` $HOME ${PATH} $(id) !! \\\\\"}",
        '{"content": "Grüße 日本語 👩‍👩‍👧‍👦"}'.encode(),
        b'{"content":\n\t"two\nlines"}\n',
        b"{\r\n}",
        b"\xff\xfe{}",
        b'{"content": "\xc3\x28"}',
        b"\x00\x01\x1b[31m\x7f",
        b"@/etc/passwd",
        b"-",
        b"%s%d%%\\n",
        b"[" * 100_000,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"content": "' + b"long " * 400 + b'end"}',
        b'{"content": "' + "é".encode() * 500 + b'"}',
        b"\xff" * 500,
        b"\x00" * 500,
        b"-n" * 200,
        b"'" * 300,
        b"\\" * 300,
        b"a\n" * 300,
        b"\n" * 300,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_the_body_comes_as_it_was_sent(told: Make, body: bytes) -> None:
    got = told(body)
    assert got.body == body
    assert got.headers["content-type"] == "application/json"


def test_a_long_repetition_makes_a_short_line(exchange: Make) -> None:
    made = exchange(None, {}, method="POST", body=b'{"a": ' + b"[" * 200_000 + b"}")
    assert len(curl_lines([made])[0]) < 500


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_the_method_comes_as_it_was_sent(told: Make, method: str) -> None:
    assert told(method=method).method == method


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/chats?state=all&channel=a%20b&take=1",
        "/api/v1/chats/not-a-uuid",
        "/api/v1/chats/%27%24%28id%29",
        "/api/v1/chats/..%2F..%2Fadmin",
        "/api/v1/chats/../admin",
        "/api/v1/chats/[1-3]",
        "/api/v1/chats/{a,b}",
        "/api/v1/chats/it's",
    ],
)
def test_the_path_comes_as_it_was_sent(told: Make, path: str) -> None:
    assert told(path=path, method="GET").path == path


def test_a_body_without_a_type_has_none(told: Make) -> None:
    assert "content-type" not in told(b"{}", headers={}).headers


def test_a_request_without_a_body_has_none(told: Make) -> None:
    got = told(None, method="POST", headers={})
    assert got.body == b""
    assert "content-type" not in got.headers


@pytest.mark.parametrize(
    ("shown", "sent"),
    [
        ("Bearer $CONFORMANCE_TOKEN", f"Bearer {TOKEN}"),
        ("Bearer $CONFORMANCE_TOKENx", f"Bearer {TOKEN}x"),
        ("$CONFORMANCE_TOKEN", TOKEN),
        (f"Bearer {SWAPPED}", f"Bearer {TOKEN.upper()}"),
        ("Bearer", "Bearer"),
        ("Basic Y29uZm9ybWFuY2U6", "Basic Y29uZm9ybWFuY2U6"),
    ],
)
def test_credentials_come_from_the_environment(told: Make, shown: str, sent: str) -> None:
    assert told(headers={"authorization": shown}).headers["authorization"] == sent


@pytest.mark.parametrize(
    "path", ["/api?key=$CONFORMANCE_TOKEN", "/api?a=1&key=$CONFORMANCE_TOKEN&b=2"]
)
def test_a_key_in_the_query_comes_from_the_environment(told: Make, path: str) -> None:
    assert told(path=path).path == path.replace("$CONFORMANCE_TOKEN", TOKEN)


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        ("X-Gateway-Key: $CONFORMANCE_TOKEN", TOKEN),
        ("X-Gateway-Key: Key ${CONFORMANCE_TOKEN}!", f"Key {TOKEN}!"),
        ('X-Price: 5$$ for "$CONFORMANCE_TOKEN" and `\\`', f'5$ for "{TOKEN}" and `\\`'),
        ("X-Gateway-Key: gateway-key-1", "[redacted]"),
        ("X-Price: 5$$", "[redacted]"),
    ],
)
def test_added_headers_come_from_the_environment(
    exchange: Make, echo: Echo, header: str, sent: str
) -> None:
    bash(*curl_lines([exchange(None, {}, url=echo.url)], None, [*added_headers([header])]))
    assert echo.got[-1].headers[header.partition(":")[0].lower()] == sent


def test_no_credentials_are_added(told: Make) -> None:
    assert "authorization" not in told(headers={}).headers


def test_without_a_key_the_line_sends_the_placeholder(exchange: Make, echo: Echo) -> None:
    headers = {"authorization": "Bearer $CONFORMANCE_TOKEN"}
    bash(*curl_lines([exchange(None, {}, url=echo.url, headers=headers)]), token=None)
    assert echo.got[0].headers["authorization"] == "Bearer conformance"


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


def test_what_curl_prints_shows_the_status_and_the_body(
    exchange: Make, session: Make, echo: Echo
) -> None:
    echo.answer = b'{"final_reason": "overwritten"}'
    printed = bash(*curl_lines([exchange("getChat", {}, url=f"{echo.url}/x")]))
    assert " 201 " in printed.splitlines()[0]
    assert printed.endswith('{"final_reason": "overwritten"}')
