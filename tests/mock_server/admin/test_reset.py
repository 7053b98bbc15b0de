"""Reset: what a sandbox forgets, what it keeps, and how long that takes."""

import asyncio
import json
import time

import pytest

from tests.mock_server.admin.states import NOON, everything, refused, story
from tests.serving import CHATS, HELLO, under_way


def test_a_reset_empties_the_sandbox_and_puts_the_clock_back(client):
    story(client)
    client.steer("POST", "/clock/advance", json={"by": "PT1H"})
    assert client.steer("POST", "/reset") == {"sessions": 0}
    assert everything(client)[1]["totalCount"] == 0
    assert client.count() == 0
    assert client.steer("GET", "/clock")["mode"] == "wall"


def test_a_reset_leaves_other_sandboxes_alone(client, shared):
    with shared.in_sandbox("neighbour") as neighbour:
        neighbour.open()
        client.steer("POST", "/reset")
        assert neighbour.count() == 1


def test_a_reset_keeps_what_it_is_told_to(client):
    story(client)
    client.steer("PUT", "/clock", json={"mode": "frozen", "frozen_time": NOON})
    client.steer("POST", "/reset?keep=clock")
    assert (client.count(), client.steer("GET", "/clock")["now"]) == (0, NOON)
    client.open()
    assert client.steer("POST", "/reset?keep=state,clock") == {"sessions": 1}


@pytest.mark.parametrize(
    ("keep", "words"),
    [("stat", 'got "stat"; did you mean state?'), ("state", "state,clock"), ("clock,", "got")],
)
def test_a_reset_that_cannot_be_is_refused(client, keep, words):
    client.open()
    refused(client.admin("POST", "/reset", params={"keep": keep}), "/keep", words, "query")
    assert client.count() == 1


@pytest.mark.parametrize("path", ["/reset?kepp=state", "/reset?keep=clock&kepp=state"])
def test_a_reset_with_a_slip_of_the_pen_resets_nothing(client, path):
    client.open()
    refused(client.admin("POST", path), "/kepp", 'got "kepp"; there is keep', "query")
    assert client.count() == 1


def test_a_reset_with_a_body_resets_nothing(client):
    client.open()
    refused(client.admin("POST", "/reset", json={"keep": "state"}), "", '"keep"')
    assert client.count() == 1
    client.steer("POST", "/reset", json={})
    assert client.count() == 0


def test_a_reset_plants_the_seed_again(start, tmp_path):
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"sessions": [{"agent_id": "agent-echo", "turns": ["Hello"]}]}))
    mock = start(seed=seed)
    story(mock)
    assert mock.steer("POST", "/reset") == {"sessions": 1}
    assert mock.count() == 1


def seconds_of_a_reset(sandbox):
    """What it takes to open sessions, few enough for no thread, and to reset their sandbox."""

    async def work():
        begun = time.process_time()
        for _ in range(450):
            await sandbox.chats.open({"agent_id": "agent-greeter", "ttl_seconds": 60})
        opened = time.process_time()
        await sandbox.reset(frozenset(), {})
        return opened - begun, time.process_time() - opened

    loop = sandbox._tasks[0].get_loop()
    return asyncio.run_coroutine_threadsafe(work(), loop).result()


def test_a_reset_takes_a_fraction_of_what_it_takes_to_open_the_sessions(client, shared):
    client.get(CHATS)
    with shared.in_sandbox("neighbour") as neighbour:
        neighbour.open()
        sandbox = shared.mock.sandboxes.others[client.headers["X-Mock-Sandbox"]].sandbox
        opening, resetting = seconds_of_a_reset(sandbox)
        assert resetting < opening / 5
        assert (client.count(), neighbour.count() > 0) == (0, True)


def test_a_reset_of_the_only_sandbox_is_faster_still(start):
    mock = start()
    alone = min(seconds_of_a_reset(mock.mock.sandbox)[1] for _ in range(7))
    with mock.in_sandbox("neighbour") as neighbour:
        neighbour.open(ttl_seconds=60)
        assert alone < min(seconds_of_a_reset(mock.mock.sandbox)[1] for _ in range(7)) / 1.2
        assert (mock.count(), neighbour.count()) == (0, 1)


def test_a_reset_frees_a_turn_that_waits_for_a_frozen_clock(client):
    client.steer("PUT", "/clock", json={"mode": "frozen"})
    session = client.open("agent-slow")
    with under_way(client, "POST", f"{CHATS}/{session['id']}/messages", json=HELLO) as turn:
        client.steer("POST", "/reset")
    assert turn.result().status_code == 404
