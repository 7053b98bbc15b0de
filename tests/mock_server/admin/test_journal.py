"""The journal over HTTP: what was asked, bounded, and without secrets."""

import asyncio
from contextlib import suppress
from urllib.parse import unquote

import pytest

from mock_server.admin.operations import AdminOperation
from mock_server.sandbox.journal import Entry, Journal, Journals
from tests.serving import CHATS


def listed(client, **query):
    return client.steer("GET", "/requests", params=query)["requests"]


def test_an_exchange_is_kept_whole(client):
    session = client.open()
    (entry,) = listed(client)
    assert entry["request"]["method"] == "POST"
    assert entry["request"]["url"] == CHATS
    assert entry["request"]["body"] == '{"agent_id":"agent-echo"}'
    assert entry["response"]["status"] == 201
    assert session["id"] in entry["response"]["body"]
    assert (entry["operationId"], entry["wasMatched"]) == ("openChat", True)
    assert client.steer("GET", f"/requests/{entry['id']}") == entry


def test_secrets_are_not_shown(client):
    client.steer("GET", "/clock")  # makes the sandbox, which no request without the key does
    client.get(CHATS, headers={"Authorization": "Bearer hush-1", "Cookie": "sid=hush-2"})
    text = client.admin("GET", "/requests").text
    assert "hush" not in text
    assert text.count("[redacted]") == 2


@pytest.mark.parametrize(
    "name",
    [
        "X-Auth-Token",
        "Api-Key",
        "X-Api-Key",
        "X-Access-Token",
        "X-Client-Secret",
        "X-Goog-Api-Key",
        "X-Goog-IAP-JWT-Assertion",
        "X-AccessKey",
        "X-Passphrase",
    ],
)
def test_the_headers_of_secrets_are_not_shown(client, name):
    client.get(CHATS, headers={name: "hush-1"})
    assert "hush" not in client.admin("GET", "/requests").text


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "apikey",
        "Api-Key",
        "token",
        "access_token",
        "key",
        "auth",
        "sig",
        "password",
        "accessKey",
        "private_key",
        "client_assertion",
        "otp",
        "user[passcode]",
    ],
)
def test_secrets_of_the_query_are_not_shown(client, name):
    client.get(CHATS, params={"take": 1, name: "hush-1", "skip": 0})
    (entry,) = listed(client)
    shown = unquote(entry["request"]["url"])
    assert shown == f"{CHATS}?take=1&{name}=[redacted]&skip=0"


@pytest.mark.parametrize("name", ["Referer", "X-Original-URL", "X-Forwarded-Uri"])
def test_secrets_of_a_url_in_a_header_are_not_shown(client, name):
    client.get(CHATS, headers={name: "https://app.example/a?take=1&access%5Ftoken=hush-1,2"})
    text = client.admin("GET", "/requests").text
    assert "hush" not in text
    assert "https://app.example/a?take=1&" in text


def test_every_value_of_a_repeated_header_is_shown():
    headers = [
        (b"accept", b"a/b"),
        (b"set-cookie", b"x"),
        (b"accept", b"c/d"),
        (b"set-cookie", b"y"),
    ]
    scope = {"method": "GET", "path": "/", "query_string": b"", "headers": headers}
    shown = Entry(scope, 0, "r").document()["request"]["headers"]
    assert shown == {"accept": "a/b, c/d", "set-cookie": "[redacted], [redacted]"}


def test_the_latest_come_first_up_to_a_limit(client):
    ids = [client.open()["id"] for _ in range(3)]
    found = client.steer("GET", "/requests", params={"limit": 2})
    assert [ids[2] in found["requests"][0]["response"]["body"], found["meta"]] == [
        True,
        {"total": 3},
    ]
    assert len(found["requests"]) == 2


def test_entries_since_an_instant(client):
    client.open()
    client.steer("POST", "/clock/advance", json={"by": "PT1H"})
    client.count()
    (entry,) = listed(client, since=client.steer("GET", "/clock")["now"][:17] + "00Z")
    assert entry["operationId"] == "listChats"


def test_requests_are_found_and_counted_by_pattern(client):
    session = client.open(additional_data={"n": 1})
    client.submit(session["id"], "Hello there")
    client.get(f"{CHATS}/not-an-id?a=%C3%BC&a=2&b=")
    patterns = [
        ({}, 3),
        ({"method": "POST"}, 2),
        ({"method": "ANY", "urlPath": CHATS}, 1),
        ({"url": f"{CHATS}/{session['id']}/messages"}, 1),
        ({"urlPattern": f"{CHATS}/.*"}, 2),
        ({"urlPathPattern": ".*/messages"}, 1),
        ({"operationId": "getChat", "status": 404}, 1),
        ({"headers": {"Content-Type": {"equalTo": "application/json"}}}, 2),
        ({"headers": {"X-Mock-Sandbox": {"contains": "requests"}}}, 3),
        ({"bodyPatterns": [{"contains": "there"}]}, 1),
        ({"bodyPatterns": [{"matches": ".*content.*"}]}, 1),
        ({"bodyPatterns": [{"equalToJson": {"content": "Hello there"}}]}, 1),
        ({"bodyPatterns": [{"equalToJson": '{"content": "Hello there"}'}]}, 1),
        ({"bodyPatterns": [{"equalToJson": "no JSON"}]}, 0),
        ({"bodyPatterns": [{"equalTo": "x"}]}, 0),
        ({"bodyPatterns": [{"absent": True}]}, 1),
        ({"headers": {"X-Other": {"absent": True}}}, 3),
        ({"headers": {"Content-Type": {"absent": True}}}, 1),
        ({"queryParameters": {"a": {"equalTo": "ü"}, "b": {"equalTo": ""}}}, 1),
        ({"queryParameters": {"a": {"matches": "[0-9]"}}}, 1),
        ({"queryParameters": {"a": {"absent": True}, "b": {"absent": True}}}, 2),
        ({"queryParameters": {"c": {"contains": ""}}}, 0),
    ]
    for pattern, count in patterns:
        assert client.steer("POST", "/requests/count", json=pattern) == {"count": count}, pattern
        assert len(client.steer("POST", "/requests/find", json=pattern)["requests"]) == count


@pytest.mark.parametrize(
    ("pattern", "pointer", "words"),
    [
        ({"path": "/"}, "", '"path"'),
        ({"status": "200"}, "/status", "wanted an integer"),
        ({"urlPattern": "("}, "/urlPattern", "regular expression"),
        ({"bodyPatterns": [{"matches": "["}]}, "/bodyPatterns/0/matches", "regular expression"),
        ({"headers": {"a/b~": {"matches": "("}}}, "/headers/a~1b~0/matches", "regular expression"),
        ({"urlPattern": "(?=/api).*"}, "/urlPattern", "without look-around"),
        ({"urlPathPattern": r"(.)\1"}, "/urlPathPattern", "backreferences"),
        ({"urlPattern": "(.{900}){9}"}, "/urlPattern", "few repetitions"),
        ({"urlPattern": "x" * 1_001}, "/urlPattern", "at most 1000 characters"),
        ({"urlPattern": "a)|(b"}, "/urlPattern", "regular expression"),
        ({"headers": {"a": "b"}}, "/headers/a", "wanted an object"),
        ({"queryParameters": {"a": {"matches": "("}}}, "/queryParameters/a/matches", "expression"),
        ({"queryParameters": {"a": {"absent": False}}}, "/queryParameters/a/absent", "got false"),
    ],
)
@pytest.mark.parametrize("path", ["/requests/find", "/requests/count"])
def test_a_bad_pattern_is_refused(client, path, pattern, pointer, words):
    response = client.admin("POST", path, json=pattern)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["pointer"] == pointer
    assert words in error["detail"]


def test_an_expression_that_takes_long_to_compile_holds_nobody_up(client, monkeypatch):
    on_the_loop = []
    examine = AdminOperation.examine

    def watched(operation, raw):
        with suppress(RuntimeError):  # in a thread, which has no loop
            on_the_loop.append(asyncio.get_running_loop())
        return examine(operation, raw)

    monkeypatch.setattr(AdminOperation, "examine", watched)
    client.steer("POST", "/requests/count", json={"urlPattern": "(a|b|c)" * 100})
    assert on_the_loop == []


def test_an_expression_that_backtracks_for_ever_is_matched_at_once(client):
    client.get(CHATS, params={"agent_id": "a" * 60})
    pattern = {"urlPattern": "/api/v1/chats.agent_id=(a+)+!"}
    assert client.steer("POST", "/requests/count", json=pattern) == {"count": 0}


def test_what_no_operation_is_there_for_is_unmatched(client):
    client.open()
    client.get("/api/v2/chats")
    client.request("PATCH", CHATS)
    found = client.steer("GET", "/requests/unmatched")["requests"]
    assert [entry["request"]["url"] for entry in found] == [CHATS, "/api/v2/chats"]


def test_the_journal_is_emptied(client):
    client.open()
    assert client.admin("DELETE", "/requests").status_code == 204
    assert listed(client) == []
    response = client.admin("GET", "/requests/1")
    assert (response.status_code, response.json()["type"]) == (404, "/problems/unknown-request")


@pytest.mark.parametrize("query", ["nope=1", "limit=0", "limit=1001", "limit=x", "since=today"])
def test_a_bad_query_is_refused(client, query):
    response = client.admin("GET", f"/requests?{query}")
    assert (response.status_code, response.json()["errors"][0]["in"]) == (400, "query")


def test_the_journal_is_bounded_by_count(start):
    mock = start(journal_count=5)
    for _ in range(8):
        mock.open()
    assert [entry["id"] for entry in listed(mock)] == ["8", "7", "6", "5", "4"]


def test_the_journal_is_bounded_by_bytes():
    journal = Journal(1000, 10_000)
    for _ in range(20):
        entry = Entry({"method": "GET", "path": "/", "query_string": b"", "headers": []}, 0, "r")
        entry.body = b"x" * 2000
        journal.add(entry)
    assert len(journal) == 3
    assert journal.bytes <= 10_000
    journal.clear()
    assert (len(journal), journal.bytes) == (0, 0)


def entry_of(size):
    entry = Entry({"method": "GET", "path": "/", "query_string": b"", "headers": []}, 0, "r")
    entry.body = b"x" * size
    return entry


def test_the_journals_of_all_sandboxes_are_bounded_together():
    together = Journals(100_000)
    journals = [Journal(1000, 50_000, together) for _ in range(20)]
    for _ in range(20):
        for journal in journals:
            journal.add(entry_of(2000))
            assert sum(journal.bytes for journal in journals) <= 100_000
    assert all(len(journal) for journal in journals)


def test_a_small_journal_keeps_its_own_where_a_large_one_makes_room():
    together = Journals(100_000)
    small, large = (Journal(1000, 1_000_000, together) for _ in range(2))
    small.add(entry_of(2000))
    for _ in range(90):
        large.add(entry_of(2000))
    assert len(small) == 1
    assert small.bytes + large.bytes <= 100_000


def test_what_a_dropped_sandbox_held_does_not_count():
    together = Journals(100_000)
    for _ in range(9):
        dropped = Journal(1000, 50_000, together)
        for _ in range(10):
            dropped.add(entry_of(2000))
        del dropped
    kept = Journal(1000, 50_000, together)
    for _ in range(10):
        kept.add(entry_of(2000))
    assert len(kept) == 10


def test_without_a_journal_nothing_is_kept(start):
    mock = start(journal_count=0)
    mock.open()
    assert listed(mock) == []


@pytest.mark.parametrize(
    "name", ["%6Bey", "to%6ben", "api%5Fkey", "%256Bey", "a.key", "key+", "bearer", "a;key"]
)
def test_an_encoded_name_hides_no_secret(client, name):
    client.get(f"{CHATS}?take=1&{name}=hush-1")
    assert "hush" not in client.admin("GET", "/requests").text


def test_what_stands_behind_a_number_sign_is_no_less_secret(client):
    client.get(CHATS, headers={"Referer": "http://a.test/#id=1&access_token=hush-1"})
    client.get(CHATS, headers={"Referer": "http://a.test/#access_token=hush-1"})
    assert "hush" not in client.admin("GET", "/requests").text


@pytest.mark.parametrize("name", ["monkey", "keyboard", "design", "take"])
def test_other_names_are_shown(client, name):
    client.get(f"{CHATS}?{name}=shown-1")
    assert "shown-1" in listed(client)[0]["request"]["url"]


def test_the_bytes_of_a_path_count():
    journal = Journal(1000, 1_000_000)
    for number in range(100):
        scope = {"method": "GET", "path": "/" + "x" * 60_000, "query_string": b"", "headers": []}
        journal.add(Entry(scope, 0, str(number)))
    assert len(journal) <= 16
