"""The proxy's journal: every exchange, with what breaks the contract in it."""

import json
import re
import socket

import httpx
import pytest

from mock_server.settings import Settings
from tests import programs
from tests.serving import CHATS, COMMAND, HANGING


def journal(client):
    """The proxy's journal, the oldest entry first."""
    return client.get("/__admin/requests").json()["requests"][::-1]


def test_each_exchange_is_in_the_journal_with_what_is_wrong_with_it(api, proxy):
    client = proxy(str(api.base_url))
    client.post(CHATS, json={"agent_id": "agent-echo"})
    client.post(CHATS, json={"agent_id": 7})
    client.put("/other", content=b"x")
    good, bad, other = journal(client)
    assert (good["operationId"], good["response"]["status"], good["violations"]) == (
        "openChat", 201, [],
    )  # fmt: skip
    assert bad["request"]["body"] == '{"agent_id":7}'
    (found,) = bad["violations"]
    assert (found["in"], found["pointer"]) == ("body", "/agent_id")
    assert (other["wasMatched"], other["violations"][0]["in"]) == (False, "path")
    assert client.get(f"/__admin/requests/{bad['id']}").json() == bad
    unmatched = client.get("/__admin/requests/unmatched").json()["requests"]
    assert [entry["id"] for entry in unmatched] == [other["id"]]


def test_a_bad_answer_is_in_the_journal_with_its_flags(proxy, backend):
    backend.answer = (200, {"Content-Type": "application/json"}, b'{"items": 7}')
    client = proxy(backend.url)
    flagged = json.loads(client.get(CHATS).headers["x-mock-violations"])
    (entry,) = journal(client)
    assert entry["violations"] == flagged
    assert entry["response"]["body"] == '{"items": 7}'


def test_the_journal_is_searched_counted_and_emptied(api, proxy):
    client = proxy(str(api.base_url))
    client.post(CHATS, json={"agent_id": 7})
    client.get(CHATS)
    pattern = {"operationId": "openChat", "status": 400}
    (entry,) = client.post("/__admin/requests/find", json=pattern).json()["requests"]
    assert entry["violations"]
    assert client.post("/__admin/requests/count", json=pattern).json() == {"count": 1}
    assert client.post("/__admin/requests/count", json={"method": 7}).status_code == 400
    assert client.delete("/__admin/requests").status_code == 204
    assert journal(client) == []


def test_the_journal_holds_no_secrets(proxy, backend):
    backend.answer = (200, {"Content-Type": "text/plain", "Set-Cookie": "sid=hush-1"}, b"x")
    client = proxy(backend.url)
    client.get(CHATS, headers={"Authorization": "Bearer hush-2", "X-Api-Key": "hush-3"})
    text = client.get("/__admin/requests").text
    assert "hush" not in text
    assert text.count("[redacted]") == 3


def test_the_journal_is_bounded(proxy, backend, eventually):
    client = proxy(backend.url, settings=Settings(journal_count=3, journal_bytes=1_500_000))
    for _ in range(5):
        client.get(CHATS)
    assert len(journal(client)) == 3
    many = {"items": [{}] * 2_000, "total_count": 1}
    backend.answer = (200, {"Content-Type": "application/json"}, json.dumps(many).encode())
    client.get(CHATS)
    eventually(lambda: 0 < len(journal(client)[-1]["violations"]) <= 100)
    backend.answer = (200, {"Content-Type": "application/json"}, b"[" + b"1," * 1_000_000 + b"1]")
    assert client.get(CHATS).content == backend.answer[2]
    eventually(lambda: len(journal(client)[-1]["response"]["body"]) == 1024 * 1024)


def test_what_the_upstream_never_answered_is_in_the_journal(proxy, backend):
    client = proxy("http://127.0.0.1:1")
    client.post(CHATS, json={"agent_id": 7})
    (entry,) = journal(client)
    assert (entry["response"]["status"], entry["violations"][0]["pointer"]) == (502, "/agent_id")


def test_a_request_has_one_id_on_its_way(api, proxy, backend):
    client = proxy(str(api.base_url))
    answer = client.get(CHATS, headers={"X-Request-Id": "abc-1"})
    assert answer.headers.get_list("x-request-id") == ["abc-1"]
    made = client.get(CHATS).headers.get_list("x-request-id")
    assert [entry["requestId"] for entry in journal(client)] == ["abc-1", *made]
    backend.answer = (200, {"X-Request-Id": "own"}, b"")
    assert proxy(backend.url).get(CHATS).headers.get_list("x-request-id") == ["own"]
    assert "X-Request-Id" in {name.title() for name in backend.asked[-1][2]}


@pytest.mark.parametrize("path", ["/reset", "/clock", "/ui2", "x"])
def test_nothing_of_the_control_plane_reaches_the_upstream(proxy, backend, path):
    asked = len(backend.asked)
    assert proxy(backend.url).post(f"/__admin{path}").status_code == 404
    assert len(backend.asked) == asked


def test_dots_do_not_lead_to_the_control_plane(proxy, backend):
    asked = len(backend.asked)
    client = proxy(backend.url)
    wire = (b"POST /x/%2e%2e/__admin/reset", b"POST /x/../__admin/reset", b"POST /%5F_admin/reset")
    for line in wire:
        with socket.create_connection(("127.0.0.1", client.base_url.port), HANGING) as raw:
            raw.sendall(line + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            assert b" 404 " in raw.makefile("rb").readline()
    assert len(backend.asked) == asked


@pytest.mark.parametrize("header", [{"Host": "evil.test"}, {"Origin": "http://evil.test"}])
def test_the_journal_is_kept_from_web_pages(proxy, backend, header):
    assert proxy(backend.url).get("/__admin/requests", headers=header).status_code == 403


def test_the_command_takes_token_and_origins_and_serves_the_journal(backend):
    page = "http://127.0.0.1:8000"
    command = [*COMMAND, "proxy", "--upstream", backend.url]
    options = ["--port", "0", "--json", "--admin-token", "steer", "--admin-cors-origin", page]
    with programs.start([*command, *options]) as process:
        url = json.loads(process.stdout.readline())["url"]
        with httpx.Client(base_url=url, trust_env=False) as client:
            client.get("/other")
            assert client.get("/__admin/requests").status_code == 401
            token = {"Authorization": "Bearer steer", "Origin": page}
            answer = client.get("/__admin/requests", headers=token)
            assert answer.json()["requests"][0]["violations"][0]["in"] == "path"
            assert answer.headers["access-control-allow-origin"] == page
        list_them = [*COMMAND, "requests", "--url", url, "--admin-token", "steer"]
        shown = programs.run(list_them, check=True)
        process.terminate()
    assert re.search(r"200 GET +/other .*\n  path /: wanted an operation", shown.stdout)
    assert process.returncode == 0
