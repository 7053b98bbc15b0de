"""Seeds and kills: whatever a kill interrupts, a seed is there as a whole or not at all."""

import signal

import pytest
import yaml

from mock_server.store.opening import open_store
from tests import programs
from tests.mock_server.conftest import launching
from tests.serving import COMMAND, HANGING, HEADERS, Api, clean_environment, wait_until

SEED = {
    "agents": {"a": {"script": [{"reply": "Hi"}], "webhook": {"url": "http://127.0.0.1:9/"}}},
    "sessions": [
        {"agent_id": "a", "turns": ["one", "two"], "external_id": {"n": 1}},
        {"agent_id": "a", "turns": ["three"], "end": True},
    ],
}
WHOLE = {"sessions": 2, "messages": 6, "replies": 0, "call_results": 1, "audit": 1, "outbox": 1}
EMPTY = dict.fromkeys(WHOLE, 0)
LOADED = {"sessions": [{"agent_id": "a"}, *SEED["sessions"]], "agents": SEED["agents"]}

# A mock that kills itself at the second call of a function, as soon as the file `go` is there.
DYING = """
import os, signal, sys, time
from mock_server.cli.main import main
from {module} import {owner}
real, calls = {owner}.{name}, []
async def dying(*given, **named):
    calls.append(given)
    while len(calls) == 2:
        if os.path.exists({go!r}):
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.01)
    return await real(*given, **named)
{owner}.{name} = dying
main(sys.argv[1:])
"""
# In the middle of a conversation, and in the middle of what is written of all of them.
TALKING = {"module": "mock_server.domain.chats", "owner": "Chats", "name": "submit"}
WRITING = {
    "file": {"module": "mock_server.store.sqlite.tables", "owner": "Transaction"},
    "postgres": {"module": "mock_server.store.postgres.tables", "owner": "Transaction"},
}


@pytest.fixture(params=["file", pytest.param("postgres", marks=pytest.mark.slow)])
def kind(request):
    return request.param


@pytest.fixture(params=["talking", "writing"])
def place(request, kind):
    """Where the mock dies."""
    if request.param == "talking":
        return TALKING
    return {**WRITING[kind], "name": "insert_all"}


@pytest.fixture
def db(request, kind, tmp_path):
    if kind == "file":
        return tmp_path / "state.db"
    server = request.getfixturevalue("postgres")
    return server.url(server.create())


@pytest.fixture
def seed(tmp_path):
    path = tmp_path / "seed.yaml"
    path.write_text(yaml.safe_dump(SEED))
    return path


@pytest.fixture
def dying(place, db, tmp_path):
    """Start a mock that is going to die; `go` is the file that lets it."""
    running = []
    program = DYING.format(**place, go=str(tmp_path / "go"))

    def start(*options):
        command = ["-c", program, "--port", "0", "--db", str(db), "--json", *options]
        process = programs.start(command, env=clean_environment())
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def held(db, run):
    """How many rows a store holds in each table."""

    async def count():
        database, store_of = open_store(db)
        await database.start()
        try:
            rows = await store_of("default").image.dump()
        finally:
            await database.close()
        return {table: len(found) for table, found in rows.items()}

    return run(count())


def test_a_kill_while_a_seed_is_planted_leaves_nothing(dying, db, seed, tmp_path, run):
    (tmp_path / "go").touch()
    assert dying("--seed", str(seed)).wait(HANGING) == -signal.SIGKILL
    assert held(db, run) == EMPTY
    with launching() as launch:
        launch("--port", "0", "--db", str(db), "--seed", str(seed))
    assert held(db, run) == WHOLE


def test_a_kill_while_a_seed_is_loaded_leaves_what_was_there(dying, db, tmp_path, run):
    process = dying()
    url = process.stdout.readline().split('"url":')[1].split('"')[1]
    (tmp_path / "go").touch()
    with Api.at(url) as client, pytest.raises(Exception, match="disconnected|reset"):
        client.admin("POST", "/seed", json=LOADED, headers=HEADERS)
    assert process.wait(HANGING) == -signal.SIGKILL
    assert held(db, run) == EMPTY


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgres"], indirect=True)
@pytest.mark.parametrize("place", ["writing"], indirect=True)
def test_a_mock_that_waits_for_a_dying_one_plants_the_seed(
    dying, db, seed, tmp_path, run, postgres
):
    options = ("--port", "0", "--db", str(db), "--seed", str(seed), "--json")
    waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    first = dying("--seed", str(seed))
    wait_until(lambda: postgres.run(waiting.replace("NOT ", "")))
    with programs.start([*COMMAND, *options], env=clean_environment()) as second:
        wait_until(lambda: postgres.run(waiting))
        (tmp_path / "go").touch()
        assert first.wait(HANGING) == -signal.SIGKILL
        assert '"url"' in second.stdout.readline()
        assert held(db, run) == WHOLE
        second.kill()
