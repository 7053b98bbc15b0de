"""Sandboxes: one port, sandboxes that never meet."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.serving import CHATS, HEADERS, HELLO, under_way

KEY = {"Authorization": "Bearer k"}


def test_two_sandboxes_share_nothing(shared):
    with shared.in_sandbox("left") as left, shared.in_sandbox("right") as right:
        session = left.open(ttl_seconds=60)
        assert right.get(f"{CHATS}/{session['id']}").status_code == 404
        assert (left.count(), right.count()) == (1, 0)
        left.steer("POST", "/clock/advance", json={"by": "PT1H"})
        assert right.steer("GET", "/clock")["mode"] == "wall"
        assert left.read(session["id"])["final_reason"] == "ttl"


def test_the_same_endpoint_is_free_in_each_sandbox(shared):
    endpoint = {"channel": "sms", "external_id": {"from": "1"}}
    with shared.in_sandbox("one") as one, shared.in_sandbox("two") as two:
        assert one.open(**endpoint)["id"] != two.open(**endpoint)["id"]


def test_a_request_without_the_header_is_in_the_default_sandbox(shared):
    session = shared.open()
    with shared.in_sandbox("default") as same:
        assert same.read(session["id"])["id"] == session["id"]


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "ü".encode(), "../etc"])
@pytest.mark.parametrize("path", [CHATS, "/__admin/clock"])
def test_an_impossible_name_is_refused(shared, path, name):
    before = shared.steer("GET", "/sandboxes")["sandboxes"]
    response = shared.get(path, headers={"X-Mock-Sandbox": name})
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    (error,) = response.json()["errors"]
    assert error["in"] == "header"
    assert error["pointer"] == "/X-Mock-Sandbox"
    assert "1 to 64 letters" in error["detail"]
    after = shared.steer("GET", "/sandboxes")["sandboxes"]
    assert [row["name"] for row in after] == [row["name"] for row in before]


def test_a_sandbox_is_listed_and_deleted(client, shared):
    client.open()
    name = client.headers["X-Mock-Sandbox"]
    rows = {row["name"]: row for row in shared.steer("GET", "/sandboxes")["sandboxes"]}
    assert rows[name]["sessions"] == 1
    assert shared.admin("DELETE", f"/sandboxes/{name}").status_code == 204
    assert name not in {row["name"] for row in shared.steer("GET", "/sandboxes")["sandboxes"]}
    assert client.count() == 0


def test_a_deleted_sandbox_answers_the_turn_that_waits_for_its_clock(client, shared, eventually):
    client.steer("PUT", "/clock", json={"mode": "frozen"})
    session = client.open("agent-slow")
    name = client.headers["X-Mock-Sandbox"]
    sandbox = shared.mock.sandboxes.others[name].sandbox
    with under_way(client, "POST", f"{CHATS}/{session['id']}/messages", json=HELLO) as turn:
        eventually(sandbox.clock.next_due)
        shared.admin("DELETE", f"/sandboxes/{name}").raise_for_status()
    assert turn.result().status_code == 404


def test_the_default_sandbox_cannot_be_deleted(shared):
    response = shared.admin("DELETE", "/sandboxes/default")
    assert (response.status_code, response.json()["type"]) == (409, "/problems/sandbox-kept")
    assert "reset" in response.json()["detail"]


def test_an_unknown_sandbox_is_not_found(shared):
    response = shared.admin("DELETE", "/sandboxes/nobody")
    assert (response.status_code, response.json()["type"]) == (404, "/problems/unknown-sandbox")


def test_an_idle_sandbox_expires_and_a_busy_one_does_not(start, eventually):
    mock = start(sandbox_idle=0.2, choices=("turn_delay=1",))
    with mock.in_sandbox("idle") as idle, mock.in_sandbox("busy") as busy:
        idle.open()
        session = busy.open()
        begun = time.monotonic()
        assert busy.submit(session["id"]).status_code == 200  # a turn of one second
        assert time.monotonic() - begun >= 0.9
        eventually(lambda: len(mock.steer("GET", "/sandboxes")["sandboxes"]) == 1)
        assert idle.count() == 0


def test_the_number_of_sandboxes_is_bounded(start):
    mock = start(sandbox_limit=2)
    for name in ("a", "b", "a"):
        with mock.in_sandbox(name) as client:
            client.open()
    with mock.in_sandbox("c") as client:
        response = client.get(CHATS)
    assert (response.status_code, response.json()["type"]) == (429, "/problems/too-many-sandboxes")
    assert "delete one" in response.json()["detail"]
    assert 3500 < int(response.headers["retry-after"]) <= 3960


def test_a_browser_may_send_the_header(shared):
    headers = {
        "Origin": "http://app.test",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-mock-sandbox",
    }
    response = shared.options(CHATS, headers=headers)
    assert "x-mock-sandbox" in response.headers["access-control-allow-headers"].lower()


def test_a_refused_name_is_readable_for_a_browser(shared):
    headers = {"Origin": "http://app.test", "X-Mock-Sandbox": "a b", **KEY}
    response = httpx.get(f"{shared.base_url}{CHATS}", headers=headers, trust_env=False)
    assert response.headers["access-control-allow-origin"] == "http://app.test"


def test_a_sandbox_begins_with_the_seed(start, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text("sessions:\n  - {agent_id: agent-echo, turns: [Hello]}\n")
    mock = start(seed=seed)
    with mock.in_sandbox("fresh") as fresh:
        assert fresh.count() == 1


def test_a_sandbox_that_is_used_while_it_is_deleted_begins_anew(start, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text("sessions:\n  - {agent_id: agent-echo, turns: [Hello], end: true}\n")
    mock = start(seed=seed)

    def open_one() -> str:
        with mock.in_sandbox("racing") as client:
            return client.open()["id"]

    with ThreadPoolExecutor(4) as pool, mock.in_sandbox("racing") as client:
        for _ in range(40):
            client.count()
            opened = pool.submit(open_one)
            mock.steer("DELETE", "/sandboxes/racing")
            stays = client.get(f"{CHATS}/{opened.result()}").status_code == 200
            assert client.count() == 1 + stays


def test_a_link_names_the_sandbox_in_the_query(client):
    name = client.headers["X-Mock-Sandbox"]
    session = client.open()
    url = f"{client.base_url}/__admin/state?sandbox={name}"
    stored = httpx.get(url, trust_env=False).json()["sessions"]
    assert [one["id"] for one in stored] == [session["id"]]
    both = httpx.get(url, headers={"X-Mock-Sandbox": name}, trust_env=False)
    assert [one["id"] for one in both.json()["sessions"]] == [session["id"]]
    wrong = httpx.get(f"{client.base_url}/__admin/state?sandbox=a%20b", trust_env=False)
    assert (wrong.status_code, wrong.json()["errors"][0]["in"]) == (400, "query")
    path = f"{CHATS}/{session['id']}?sandbox={name}"
    assert httpx.get(f"{client.base_url}{path}", headers=HEADERS).status_code == 404


@pytest.mark.parametrize(
    ("query", "header", "place", "words"),
    [
        ("sandbox=", None, "query", "1 to 64 letters"),
        ("sandbox=a&sandbox=b", None, "query", "once, got it 2 times"),
        ("sandbox=a&sandbox=a", None, "query", "once, got it 2 times"),
        ("sandbox=a", "b", "header", 'got "b" and "a"'),
    ],
)
def test_a_call_that_names_no_one_sandbox_changes_none(shared, query, header, place, words):
    session = shared.open()
    headers = {"X-Mock-Sandbox": header} if header else {}
    response = shared.admin("POST", f"/reset?{query}", headers=headers)
    (error,) = response.json()["errors"]
    assert (response.status_code, error["in"]) == (400, place)
    assert words in error["detail"]
    assert shared.read(session["id"])


def test_a_request_that_names_two_sandboxes_is_refused(shared):
    headers = [("X-Mock-Sandbox", "a"), ("X-Mock-Sandbox", "b"), *KEY.items()]
    response = httpx.get(f"{shared.base_url}{CHATS}", headers=headers, trust_env=False)
    assert (response.status_code, response.json()["errors"][0]["in"]) == (400, "header")
