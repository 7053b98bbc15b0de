"""Two mocks on one database, each a process of its own: they behave as one."""

import copy
import os
import re
import signal
import socket
import threading
import time
from contextlib import ExitStack, contextmanager

import pytest

from tests import programs
from tests.mock_server.conftest import launching
from tests.mock_server.http.test_races import at_once
from tests.postgres import PASSWORD, USER
from tests.serving import COMMAND, HANGING, TOKEN, Api, clean_environment, receiving, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def database(postgres):
    return postgres.create(USER)


@pytest.fixture(scope="module")
def inbox():
    """The receiver of what `two` send."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def two(postgres, inbox):
    """Two mocks of the same options, for all tests that need no others."""
    url = postgres.url(postgres.create(USER), f"{USER}:{PASSWORD}")
    with starting(url) as start:
        yield start(2, "--token", TOKEN, "--webhook-url", inbox.url)


@pytest.fixture
def replicas(postgres, database):
    """Start mocks on a database that is empty at first: `replicas(2, *options)`."""
    postgres.empty(database, USER)
    with starting(postgres.url(database, f"{USER}:{PASSWORD}")) as start:
        yield start


@contextmanager
def starting(url):
    """Start mocks on a database at once: `start(2, *options)`; clients with their processes."""
    with ExitStack() as running:
        launch = running.enter_context(launching())

        def start(*options):
            process, facts = launch("--port", "0", "--db", url, *options)
            client = running.enter_context(Api.at(facts["url"]))
            client.process = process
            return client

        yield lambda count, *options: at_once(lambda _: start(*options), count)


def in_sandbox(clients, name):
    """The same clients, in a sandbox."""
    others = [copy.copy(client) for client in clients]
    for other in others:
        other.headers = {**other.headers, "X-Mock-Sandbox": name}
    return others


def kill(client):
    client.process.send_signal(signal.SIGKILL)
    client.process.wait()


def test_fifty_ends_make_one_finalisation_and_one_webhook(two, inbox):
    session = two[0].open()["id"]
    responses = at_once(lambda n: two[n % 2].end(session, note=str(n)))
    assert {response.status_code for response in responses} == {200}
    assert len({response.text for response in responses}) == 1
    assert two[1].search(callIds=[session])["totalCount"] == 1
    time.sleep(2.5)  # long enough for both to have looked for what is left
    assert [payload["callId"] for payload in inbox.wait_for(1)].count(session) == 1


def test_fifty_opens_of_one_endpoint_make_one_session(two):
    two = in_sandbox(two, "opens")
    endpoint = {"external_id": {"from": "+1"}, "channel": "sms"}
    sessions = at_once(lambda n: two[n % 2].open(**endpoint))
    assert len({session["id"] for session in sessions}) == 1
    assert [client.count() for client in two] == [1, 1]


@pytest.mark.parametrize("agent", ["agent-echo", "agent-slow"])
def test_one_key_at_once_makes_one_turn(two, agent):
    session = two[0].open(agent)["id"]
    replies = at_once(lambda n: two[n % 2].submit(session, str(n), idempotency_key="k").json(), 20)
    assert replies[0]["messages"]
    assert all(reply == replies[0] for reply in replies)
    assert [len(client.read(session)["messages"]) for client in two] == [2, 2]


def test_turns_at_once_are_each_kept_whole(two):
    session = two[0].open()["id"]
    at_once(lambda n: two[n % 2].submit(session, f"turn {n}").raise_for_status(), 20)
    texts = [message["content"] for message in two[1].read(session)["messages"]]
    assert sorted(texts[::2]) == sorted(f"turn {n}" for n in range(20))
    assert texts[1::2] == [f"You said: {text}" for text in texts[::2]]


def test_an_end_among_turns_leaves_a_whole_session(two):
    two = in_sandbox(two, "ends")
    sessions = [two[0].open("agent-closer")["id"] for _ in range(10)]

    def act(n):
        client, session = two[n // 10 % 2], sessions[n % 10]
        return client.end(session) if n < 10 else client.submit(session, "bye")

    at_once(act, 30)
    for session in sessions:
        one, other = (client.read(session) for client in two)
        assert one == other
        assert one["final_reason"] in ("user_end", "agent_finish")
        assert len(one["messages"]) in (0, 2)
    assert two[0].search()["totalCount"] == 10


def test_the_clock_of_one_moves_as_with_the_embedded_store(two):
    mock = in_sandbox(two, "clock")[0]
    mock.steer("PUT", "/clock", json={"mode": "frozen"})
    sessions = [mock.open(ttl_seconds=60 + n)["id"] for n in range(3)]
    fired = mock.steer("POST", "/clock/advance", json={"by": "PT2M"})["fired"]
    assert [(event["kind"], event["session_id"]) for event in fired] == [
        (kind, session) for session in sessions for kind in ("session.final", "delivery.succeeded")
    ]


def test_two_conform(two):
    agents = ["--agent", "agent-echo", "--tool-agent", "agent-tools"]
    closing = ["--closing-agent", "agent-closer", "--closing-text", "bye"]
    with balanced(two) as target:
        suite = programs.run(
            ["-m", "conformance", "--target", target, *agents, *closing],
            env={**os.environ, "CONFORMANCE_TOKEN": TOKEN, "CONFORMANCE_PROFILE": "core,races"},
        )
    assert suite.returncode == 0, suite.stdout + suite.stderr
    assert re.search(r"verdict +conformant", suite.stdout)


@contextmanager
def balanced(clients):
    """The URL at which each connection is led to the next of several mocks."""
    targets = [(client.base_url.host, client.base_url.port) for client in clients]

    def pump(source, sink):
        with source, sink:
            sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def serve():
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            targets.append(targets.pop(0))
            onward = socket.create_connection(targets[0])
            for pair in ((accepted, onward), (onward.dup(), accepted.dup())):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def test_a_restart_keeps_what_the_operations_left(replicas):
    (first,) = replicas(1)
    session = first.open("agent-tools", channel="sms\x00", external_id={"n": 1})["id"]
    turn = first.submit(session, "Hi \x00 there", idempotency_key="k\x00").json()
    assert len(turn["messages"]) == 2
    assert first.list(channel="sms\x00")["total_count"] == 1
    final = first.end(session, note="n").json()
    wanted = {"callIds": [session], "additionalDataFilters": {"endpoint": "sms\x00"}}
    found = first.search(**wanted)
    assert found["totalCount"] == 1
    kill(first)
    (again,) = replicas(1)
    assert again.read(session) == final
    assert final["messages"][0]["content"] == "Hi \x00 there"
    assert again.submit(session, "x", idempotency_key="k\x00").json() == turn
    assert again.search(**wanted) == found


def test_what_a_dying_mock_was_sending_is_sent_by_another(replicas, receiver):
    one, other = replicas(2, "--webhook-url", receiver.url, "--webhook-timeout", "0.6")
    receiver.pause = 0.5
    session = one.open()["id"]
    one.end(session)
    wait_until(lambda: receiver.arrived)
    kill(one)  # it has sent the webhook, and does not hear the answer
    receiver.pause = 0
    first, again = receiver.wait_for(2)
    assert first == again
    assert first["callId"] == session
    assert receiver.headers[0]["webhook-id"] == receiver.headers[1]["webhook-id"]
    wait_until(lambda: outcomes(other) == ["delivered"])


def outcomes(client):
    log = client.steer("GET", "/webhooks/deliveries")["deliveries"]
    return [delivery["outcome"] for delivery in log]


def test_sessions_of_a_dead_mock_expire_and_are_announced(replicas, receiver):
    (one,) = replicas(1, "--webhook-url", receiver.url)
    clients = [one, *in_sandbox([one], "gw0")]
    sessions = {client.open(ttl_seconds=60)["id"] for client in clients}
    kill(one)
    # The clocks of the other stand beyond every timeout, so that nobody has to wait for one.
    options = ("--webhook-url", receiver.url, "--frozen-time", "2100-01-01T00:00:00Z")
    replicas(1, *options)
    payloads = receiver.wait_for(2)
    assert {payload["callId"] for payload in payloads} == sessions
    assert {payload["result"]["finishReason"] for payload in payloads} == {"ttl"}


def test_a_sandbox_is_dropped_when_no_mock_uses_it(replicas, postgres, database):
    def stored():
        return postgres.run("SELECT count(*) FROM adjourn_sessions", database)[0][0]

    def known(client):
        return [sandbox["name"] for sandbox in client.steer("GET", "/sandboxes")["sandboxes"]]

    two = replicas(2, "--sandbox-idle", "0.5")
    one, other = in_sandbox(two, "gw0")
    session = one.open()["id"]
    for _ in range(15):
        other.read(session)
        time.sleep(0.1)
    assert one.read(session)
    wait_until(lambda: stored() == 0)
    for client in two:
        wait_until(lambda client=client: known(client) == ["default"])


def test_a_sandbox_is_deleted_by_a_mock_that_has_not_met_it(two):
    (one,) = in_sandbox(two[:1], "unmet")
    session = one.open()["id"]
    assert two[1].admin("DELETE", "/sandboxes/unmet").status_code == 204
    assert one.get(f"/api/v1/chats/{session}").status_code == 404
    assert two[1].admin("DELETE", "/sandboxes/unmet").status_code == 404


def test_a_seed_is_planted_once(replicas, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text(
        "sessions: [{agent_id: agent-echo, turns: [a, b]}, {agent_id: agent-echo, end: true}]"
    )
    two = replicas(2, "--seed", str(seed), "--seed-number", "7")
    assert [client.count() for client in two] == [2, 2]
    at_once(lambda n: two[n % 2].steer("POST", "/reset"), 4)
    assert [client.count() for client in two] == [2, 2]
    opened = at_once(lambda n: two[n % 2].open(), 20)
    assert len({session["id"] for session in opened}) == 20


def test_the_password_is_told_to_nobody(two, postgres):
    told = [two[0].admin("GET", path).text for path in ("/health", "/metrics", "/state")]
    database = postgres.url(login=f"postgres:{PASSWORD}")
    with programs.start(
        [*COMMAND, "--port", "0"], env=clean_environment(ADJOURN_DB=database)
    ) as process:
        while "curl" not in told[-1]:
            told.append(process.stdout.readline())
        process.terminate()
    assert PASSWORD not in "".join(told)


def test_a_database_that_goes_away_stops_nothing_for_good(server, receiver):
    with starting(server.url(server.create(USER), f"{USER}:{PASSWORD}")) as start:
        (mock,) = start(1, "--webhook-url", receiver.url)
        (other,) = in_sandbox([mock], "gw0")
        session = mock.open()["id"]
        server.stop()
        asked = (
            lambda: mock.post("/api/v1/chats", json={"agent_id": "agent-echo"}),
            lambda: other.get("/api/v1/chats"),
            lambda: mock.admin("GET", "/state"),
        )
        for response in at_once(lambda n: asked[n](), len(asked)):
            assert response.status_code == 503
            assert response.json()["type"] == "/problems/store-unavailable"
            assert response.headers["retry-after"] == "1"
        server.start()
        wait_until(lambda: mock.get(f"/api/v1/chats/{session}").is_success, 15)
        other.open()
        mock.end(session)
        receiver.wait_for(1)
        mock.process.terminate()
        assert mock.process.wait(HANGING) == 0
        (line,) = mock.process.stderr.read().splitlines()
        assert "the store fails" in line
        assert PASSWORD not in line
