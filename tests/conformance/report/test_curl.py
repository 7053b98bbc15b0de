"""The lines are run in a real bash, against a server that keeps what comes."""

from collections.abc import Callable
from typing import Any

import pytest

from conformance.report.curl import added_headers, curl_lines
from conformance.target.credentials import SWAPPED

from .shell import TOKEN, Echo, Got, bash

Make = Callable[..., Any]


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


def test_what_curl_prints_shows_the_status_and_the_body(
    exchange: Make, session: Make, echo: Echo
) -> None:
    echo.answer = b'{"final_reason": "overwritten"}'
    printed = bash(*curl_lines([exchange("getChat", {}, url=f"{echo.url}/x")]))
    assert " 201 " in printed.splitlines()[0]
    assert printed.endswith('{"final_reason": "overwritten"}')
