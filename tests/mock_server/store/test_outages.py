"""Databases that fail: a 503 in time, one line in the log, no webhook sent again."""

import logging
import signal
import time
from contextlib import contextmanager

import psutil
import psycopg
import pytest

from mock_server.store import outage
from mock_server.store.outage import Outage
from tests.postgres import USER
from tests.serving import CHATS, Api, wait_until

BOUND = 10  # seconds, as docs/mock.md says
SOON = 30
LARGE = {"additional_data": {"text": "x" * 5000}}  # more than fits into a page


def told(caplog):
    """The lines of the log."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def refused(client, session):
    """Every operation that writes is refused in time."""
    for path, body in (
        (CHATS, {"agent_id": "agent-echo", **LARGE}),
        (f"{CHATS}/{session}/messages", {"content": "Hello" * 1000}),
        (f"{CHATS}/{session}/end", {}),
    ):
        begun = time.monotonic()
        response = client.post(path, json=body)
        assert time.monotonic() - begun < BOUND
        assert response.status_code == 503, response.text
        assert response.json()["type"] == "/problems/store-unavailable"
        assert response.headers["retry-after"] == "1"


# The embedded store: how it fails, how it is mended, and what the log says.
@contextmanager
def read_only(connection):
    connection.execute("PRAGMA query_only = ON")
    yield "readonly database"
    connection.execute("PRAGMA query_only = OFF")


@contextmanager
def full(connection):
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    yield "disk is full"
    connection.execute("PRAGMA max_page_count = 1000000")


@pytest.mark.parametrize("failure", [read_only, full])
def test_an_embedded_store_that_fails_is_told_once(start, tmp_path, caplog, failure):
    client = start(db=tmp_path / "state.db")
    session = client.open(**LARGE)["id"]
    connection = client.mock.database.connection
    with failure(connection) as words:
        refused(client, session)
        refused(client, session)
        assert client.read(session)["is_final"] is False
        (line,) = told(caplog)
        assert words in line
        assert str(tmp_path / "state.db") in line
    assert client.end(session).json()["final_reason"] == "user_end"


def test_a_webhook_whose_attempt_cannot_be_written_is_sent_once(start, tmp_path, receiver, caplog):
    client = start(db=tmp_path / "state.db", webhook_url=receiver.url)
    receiver.pause = 0.5
    session = client.open()["id"]
    client.end(session)
    wait_until(lambda: receiver.arrived)
    dispatcher = client.mock.sandbox.dispatcher
    with read_only(client.mock.database.connection):
        wait_until(lambda: dispatcher._unrecorded, SOON)
        time.sleep(2.5)  # in which it would be sent twice again
        assert receiver.arrived == 1
    log = "/webhooks/deliveries"
    wait_until(lambda: client.steer("GET", log)["deliveries"][0]["outcome"] == "delivered", SOON)
    assert receiver.arrived == 1
    assert len(told(caplog)) == 1


# The shared store.
@pytest.fixture
def database(server):
    return server.create(USER)


@pytest.fixture
def client(start, server, database):
    with Api.of(db=server.url(database)) as client:
        yield client


@contextmanager
def frozen(server, database):
    process = psutil.Process(server.process.pid)
    every = [process, *process.children(recursive=True)]
    for one in every:
        one.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for one in every:
            one.send_signal(signal.SIGCONT)


@contextmanager
def locked(server, database):
    with psycopg.connect(server.url(database)) as holder:
        holder.execute("LOCK TABLE adjourn_sessions IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def only_read(server, database):
    server.run(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    hang_up(server, database)
    yield
    server.run(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    hang_up(server, database)


@contextmanager
def without_room(server, database):
    """What the server says where a disk is full."""
    server.run(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$",
        database,
    )
    server.run(
        "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON adjourn_sessions "
        "EXECUTE FUNCTION full_disk()",
        database,
    )
    yield
    server.run("DROP FUNCTION full_disk CASCADE", database)


@contextmanager
def gone(server, database):
    server.stop()
    yield
    server.start()


@contextmanager
def without_tables(server, database):
    server.run("ALTER TABLE adjourn_sessions RENAME TO elsewhere", database)
    yield
    server.run("ALTER TABLE elsewhere RENAME TO adjourn_sessions", database)


def hang_up(server, database):
    server.run(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (frozen, "no answer within|couldn't get a connection"),
        (locked, "lock timeout"),
        (only_read, "read-only|couldn't get a connection"),
        (without_room, "No space left"),
        (gone, "connection"),
        (without_tables, "does not exist"),
    ],
)
def test_a_shared_store_that_fails_is_told_once(client, server, database, caplog, failure, words):
    session = client.open()["id"]
    with failure(server, database):
        refused(client, session)
    (line,) = told(caplog)
    assert any(word in line for word in words.split("|")), line
    wait_until(lambda: client.end(session).is_success, SOON)
    assert client.read(session)["final_reason"] == "user_end"


def test_an_outage_is_told_with_its_end_and_a_later_one_anew(caplog, monkeypatch):
    monkeypatch.setattr(outage, "_QUIET_SECONDS", 0)
    watch = Outage(lambda error: str(error) if isinstance(error, OSError) else None)

    def fail(error):
        with pytest.raises(Exception, match="a"), watch:
            raise error

    for error in (OSError("a"), OSError("ab"), KeyError("a")):
        fail(error)
    with watch:
        pass
    fail(OSError("abc"))
    assert [line.rpartition(" ")[2] for line in told(caplog)] == ["a", "back", "abc"]
