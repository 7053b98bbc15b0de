"""Limits on what comes in, each with its proper code."""

import pytest

from tests.serving import CHATS


def head(*lines):
    return "\r\n".join([f"GET {CHATS} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def test_a_head_below_the_limit_is_taken(raw):
    answer = raw(
        head("Authorization: Bearer key-1", f"X-Long: {'x' * 60_000}", "Connection: close")
    )
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "sent",
    [
        head(f"X-Long: {'x' * 70_000}"),
        head(*(f"X-{n}: {'x' * 50}" for n in range(2000))),
        f"GET / HTTP/1.1\r\nX-Endless: {'x' * 300_000}".encode(),
    ],
    ids=["one header", "many headers", "no end"],
)
def test_a_head_beyond_the_limit_is_refused(raw, sent):
    answer = raw(sent)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"application/problem+json" in answer
    assert b"/problems/head-too-large" in answer


def test_what_is_no_http_is_refused(raw):
    assert raw(b"hello there\r\n\r\n").startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("hosts", ["", "Host: a\r\nHost: a\r\n"])
def test_a_request_without_one_host_is_refused(raw, hosts):
    answer = raw(f"GET /livez HTTP/1.1\r\n{hosts}\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400")
    assert raw(b"GET /livez HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(("method", "status"), [("PUT", 405), ("OPTIONS", 204), ("HEAD", 200)])
def test_a_page_has_the_methods_of_a_page(shared, method, status):
    response = shared.request(method, "/livez")
    assert response.status_code == status
    assert method == "HEAD" or response.headers["allow"] == "GET, HEAD"


def test_an_answer_without_content_has_no_length(shared):
    response = shared.admin("DELETE", "/faults")
    assert (response.status_code, "content-length" in response.headers) == (204, False)


def test_many_requests_on_one_connection_are_not_one_head(shared):
    for _ in range(30):
        answer = shared.get(CHATS, headers={"X-Long": "x" * 5000})
        assert answer.status_code == 200


def test_a_body_beyond_the_limit_is_refused(client):
    answer = client.post(CHATS, content=b" " * (1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/content-too-large")


@pytest.mark.parametrize(
    ("target", "limit"),
    [
        ("PUT /__admin/state", 64),
        ("POST /__admin/seed", 64),
        ("POST /__admin/requests/count", 1),
        ("POST /__admin/sink/a", 1),
        ("PUT /__admin/clock", 1),
    ],
)
def test_a_body_of_the_control_plane_has_a_limit_too(raw, target, limit):
    head = f"{target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    declared = f"Content-Length: {limit * 1024 * 1024 + 1}\r\nConnection: close\r\n\r\n"
    assert raw((head + declared).encode()).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("member", ["headers", "queryParameters", "bodyPatterns"])
def test_a_pattern_tests_a_hundred_things_at_most(shared, member):
    for size, status in ((100, 200), (101, 400)):
        tests = {f"n{number}": {"matches": f"a{number}"} for number in range(size)}
        pattern = {member: [*tests.values()] if member == "bodyPatterns" else tests}
        assert shared.admin("POST", "/requests/count", json=pattern).status_code == status


def test_of_unknown_parameters_the_first_hundred_are_told(shared):
    refused = shared.admin("GET", "/requests?" + "&".join(f"limi{n}" for n in range(1_000)))
    assert (refused.status_code, len(refused.json()["errors"])) == (400, 100)
    assert "100 places" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("part", "count", "words"),
    [(b"[],", 2_000_000, "2000000 lists and objects"), (b"1,", 8_000_000, "8000000 commas")],
)
def test_a_state_has_so_many_parts_at_most(shared, part, count, words):
    sent = b'{"version": 1, "sessions": [%s{}]}' % (part * (count + 1))
    refused = shared.admin("PUT", "/state", content=sent)
    assert refused.status_code == 400
    assert words in refused.json()["errors"][0]["detail"]
