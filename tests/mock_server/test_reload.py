"""Hot reload: changed files are taken up, broken ones are not, the state stays."""

import logging
import shutil

import pytest

from mock_server import reload
from mock_server.contract import locations as resources
from mock_server.contract.locations import resource
from tests.serving import CHATS

AGENTS = "agents: {a: {script: [{reply: 'One: {text}'}]}, b: {script: [{reply: B}]}}"


@pytest.fixture
def watched(start, tmp_path, caplog):
    """A mock that watches copies of its files."""
    contract = tmp_path / "openapi.yaml"
    contract.write_text(resource("openapi.yaml").read_text())
    seed = tmp_path / "seed.yaml"
    seed.write_text(AGENTS)
    api = start(contract=contract, seed=seed, watch=True)
    caplog.set_level(logging.WARNING, "adjourn.watch")
    api.contract_file, api.seed_file = contract, seed
    return api


def told(caplog, eventually, *words):
    eventually(lambda: all(word in caplog.text for word in words))
    return caplog.text


def test_changed_agents_answer_in_sessions_that_are_open(watched, caplog, eventually):
    session = watched.open("a")["id"]
    assert watched.submit(session, "x").json()["messages"][0]["content"] == "One: x"
    watched.seed_file.write_text(AGENTS.replace("One", "Two"))
    told(caplog, eventually, "took up", "0 sessions fit no longer")
    assert watched.submit(session, "y").json()["messages"][0]["content"] == "Two: y"
    assert len(watched.read(session)["messages"]) == 4


def test_a_session_whose_agent_is_gone_is_told(watched, caplog, eventually):
    session = watched.open("b")["id"]
    watched.seed_file.write_text("agents: {a: {script: [{reply: One}]}}")
    told(caplog, eventually, "1 sessions fit no longer", session, "no agent 'b'")
    assert watched.read(session)["status"] == "active"
    assert watched.submit(session).status_code == 502


def test_a_changed_contract_is_in_force_and_the_state_is_held_to_it(watched, caplog, eventually):
    session = watched.open("a", ttl_seconds=60)["id"]
    text = watched.contract_file.read_text()
    watched.contract_file.write_text(text.replace("minimum: 60\n", "minimum: 90\n"))
    told(caplog, eventually, "1 sessions fit no longer", session, "/ttl_seconds", "at least 90")
    refused = watched.post(CHATS, json={"agent_id": "a", "ttl_seconds": 60})
    assert refused.status_code == 400
    assert "at least 90" in refused.json()["errors"][0]["detail"]
    assert watched.post(CHATS, json={"agent_id": "a", "ttl_seconds": 90}).status_code == 201


def test_a_session_that_no_longer_fits_is_taken_out_of_the_state(watched, caplog, eventually):
    misfit = watched.open("a", ttl_seconds=60)["id"]
    kept = watched.open("a", ttl_seconds=90)["id"]
    text = watched.contract_file.read_text()
    watched.contract_file.write_text(text.replace("minimum: 60\n", "minimum: 90\n"))
    told(caplog, eventually, "1 sessions fit no longer")
    assert watched.get(CHATS).status_code == watched.get(f"{CHATS}/{misfit}").status_code == 500
    state = watched.steer("GET", "/state")
    refused = watched.admin("PUT", "/state", json=state).json()["errors"]
    assert [error["pointer"] for error in refused] == ["/sessions/0/ttl_seconds"]
    watched.steer("PUT", "/state", json={**state, "sessions": state["sessions"][1:]})
    assert [session["id"] for session in watched.list()["items"]] == [kept]


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("seed", "agents: {a: {script: []}}", ["seed.yaml", "/agents/a/script", "at least 1 item"]),
        ("seed", "[", ["seed.yaml", "YAML"]),
        ("seed", None, ["seed.yaml", "cannot be read"]),
        ("contract", "openapi: 3.0.3", ["openapi.yaml"]),
        ("contract", "{}", ["openapi.yaml", "/openapi"]),
        (
            "contract",
            ("operationId: getChat", "operationId: getChatX"),
            ["openapi.yaml", "getChatX"],
        ),
        ("contract", ("minimum: 60", "minimum: x"), ["openapi.yaml", "/minimum: wanted a number"]),
    ],
)
def test_a_broken_file_changes_nothing_and_says_why(watched, caplog, eventually, file, text, words):
    session = watched.open("a")["id"]
    path = watched.seed_file if file == "seed" else watched.contract_file
    if text is None:
        path.unlink()
    else:
        whole = watched.contract_file.read_text()
        path.write_text(whole.replace(*text) if isinstance(text, tuple) else text)
    told(caplog, eventually, "kept the old files", *words)
    assert watched.submit(session, "x").json()["messages"][0]["content"] == "One: x"
    path.write_text(whole_again(file))
    told(caplog, eventually, "took up")
    assert watched.open("a")["status"] == "active"


@pytest.mark.parametrize("name", ["openapi.yaml", "fixtures/agents.yaml"])
def test_a_file_of_its_own_may_be_away_for_a_look(
    start, tmp_path, monkeypatch, caplog, eventually, name
):
    shutil.copytree(resource("fixtures"), tmp_path / "fixtures")
    for file in ("openapi.yaml", "contract.schema.json"):
        shutil.copy(resource(file), tmp_path)
    monkeypatch.setattr(resources, "_HOME", tmp_path)
    caplog.set_level(logging.WARNING, "adjourn.watch")
    api = start(watch=True)
    away = (tmp_path / name).rename(tmp_path / "away")
    told(caplog, eventually, "kept the old files", name, "cannot be read")
    assert api.open()["status"] == "active"
    away.rename(tmp_path / name)
    told(caplog, eventually, "took up the changed files")


def test_a_watcher_that_failed_goes_on(watched, caplog, eventually, monkeypatch):
    real, failures = reload.read_files, [RuntimeError("disk on fire")]

    def read_files(settings):
        if failures:
            raise failures.pop()
        return real(settings)

    monkeypatch.setattr(reload, "read_files", read_files)
    watched.seed_file.write_text(AGENTS.replace("One", "Two"))
    told(caplog, eventually, "disk on fire")
    watched.seed_file.write_text(AGENTS.replace("One", "Three"))
    told(caplog, eventually, "took up the changed files")


def whole_again(file):
    return AGENTS if file == "seed" else resource("openapi.yaml").read_text()


def test_a_mock_that_does_not_watch_goes_on(start, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text(AGENTS)
    api = start(seed=seed)
    seed.write_text("[")
    assert api.open("a")["status"] == "active"
