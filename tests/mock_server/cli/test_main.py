"""The command line as a user meets it: start, announce, refuse, stop."""

import os
import signal
import socket

import httpx
import pytest
from click.testing import CliRunner

from mock_server.cli.main import main
from mock_server.contract.locations import resource
from tests import programs
from tests.postgres import USER
from tests.serving import CHATS, COMMAND, HANGING, HELLO, clean_environment, under_way

KEY = {"Authorization": "Bearer k"}


def refused(*options, **environment):
    clean = {name: None for name in os.environ if name.startswith("ADJOURN_")}
    runner = CliRunner(env={**clean, "PORT": None, "HOST": None, **environment})
    return runner.invoke(main, options)


def test_it_announces_itself_and_stops_at_once(launch):
    process, facts = launch("--port", "0")
    assert facts["pid"] == process.pid
    assert len(facts["operations"]) == 6
    assert "agent-echo" in facts["agents"]
    response = httpx.post(
        f"{facts['url']}/api/v1/chats", json={"agent_id": "agent-echo"}, headers=KEY
    )
    assert response.status_code == 201
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
    assert process.stderr.read() == ""  # nor that the grace was over


def test_an_option_wins_over_the_environment(launch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        _, facts = launch("--port", "0", ADJOURN_PORT=port, ADJOURN_TOKEN="t", PORT=port)
    assert httpx.get(f"{facts['url']}/api/v1/chats", headers=KEY).status_code == 401


def test_choices_come_from_the_environment_too(launch):
    _, facts = launch(PORT="0", ADJOURN_CHOICE="open_status=200 uuid_case=upper")
    response = httpx.post(
        f"{facts['url']}/api/v1/chats", json={"agent_id": "agent-echo"}, headers=KEY
    )
    assert response.status_code == 200
    assert response.json()["id"] == response.json()["id"].upper()


def test_a_killed_mock_loses_nothing_it_acknowledged(launch, tmp_path, receiver):
    file = str(tmp_path / "state.db")
    receiver.statuses = [500]
    options = ("--port", "0", "--db", file, "--webhook-url", receiver.url)
    process, facts = launch(*options, "--webhook-backoff", "2")
    with httpx.Client(base_url=facts["url"], headers=KEY) as api:
        session = api.post("/api/v1/chats", json={"agent_id": "agent-echo"}).json()["id"]
        path = f"/api/v1/chats/{session}"
        turn = {"content": "Hi", "idempotency_key": "k"}
        reply = api.post(f"{path}/messages", json=turn).json()
        final = api.post(f"{path}/end", json={"note": "n"}).json()
        receiver.wait_for(1)
    process.kill()
    process.wait()
    _, facts = launch(*options, "--webhook-backoff", "2")
    with httpx.Client(base_url=facts["url"], headers=KEY) as api:
        assert api.get(path).json() == final
        assert api.post(f"{path}/messages", json=turn).json() == reply
        search = api.post("/api/v1/callresults/search", json={"callIds": [session]})
        assert search.json()["totalCount"] == 1
    first, again = receiver.wait_for(2)
    assert first == again


def test_a_named_sandbox_goes_on_after_a_restart(launch, tmp_path, receiver):
    receiver.statuses = [500]
    options = ("--port", "0", "--db", str(tmp_path / "state.db"), "--webhook-url", receiver.url)
    headers = {**KEY, "X-Mock-Sandbox": "gw0"}
    process, facts = launch(*options, "--webhook-backoff", "2")
    with httpx.Client(base_url=facts["url"], headers=headers) as api:
        session = api.post("/api/v1/chats", json={"agent_id": "agent-echo"}).json()["id"]
        api.post(f"/api/v1/chats/{session}/end")
        receiver.wait_for(1)
    process.kill()
    process.wait()
    _, facts = launch(*options, "--webhook-backoff", "2")
    first, again = receiver.wait_for(2)
    assert first == again
    listed = httpx.get(f"{facts['url']}/__admin/sandboxes").json()["sandboxes"]
    assert [sandbox["name"] for sandbox in listed] == ["default", "gw0"]


def test_time_goes_on_after_a_restart(launch, tmp_path):
    options = ("--port", "0", "--db", str(tmp_path / "state.db"))
    process, facts = launch(*options)
    with httpx.Client(base_url=facts["url"], headers=KEY) as api:
        api.post("/__admin/clock/advance", json={"by": "P30D"}).raise_for_status()
        session = api.post("/api/v1/chats", json={"agent_id": "agent-echo"}).json()
    process.kill()
    process.wait()
    _, facts = launch(*options)
    clock = httpx.get(f"{facts['url']}/__admin/clock").json()
    assert (clock["mode"], clock["now"] > session["created_time"]) == ("offset", True)


def test_a_turn_that_never_ends_holds_up_no_stop(launch):
    process, facts = launch("--port", "0", "--frozen-time", "2030-01-05T09:00:00Z")
    with httpx.Client(base_url=facts["url"], headers=KEY, timeout=HANGING) as api:
        session = api.post(CHATS, json={"agent_id": "agent-slow"}).json()["id"]
        with under_way(api, "POST", f"{CHATS}/{session}/messages", json=HELLO) as turn:
            process.terminate()
    answer = turn.result()
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/stopped")
    process.wait()
    assert "Traceback" not in process.stderr.read()


def test_a_seed_brings_agents_and_sessions(launch, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text(
        "agents: {helper: {script: [{reply: 'Dear {name}, {text}!'}]}}\n"
        "sessions: [{agent_id: helper, additional_data: {name: Ada}, turns: [welcome], end: true}]"
    )
    _, facts = launch("--port", "0", "--seed", str(seed))
    listed = httpx.get(f"{facts['url']}/api/v1/chats?state=final", headers=KEY).json()
    assert listed["items"][0]["messages"][1]["content"] == "Dear Ada, welcome!"


def test_a_taken_port_is_told_in_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = refused("--port", str(taken.getsockname()[1]))
    assert result.exit_code == 4
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert "in use" in result.stderr
    assert "--port 0" in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--prot", "1"], ["--prot", "--port"]),
        (["--port", "x"], ["--port"]),
        (["--choice", "open_statsu=200"], ["open_status"]),
        (["--db", "mysql://u:s3cret@h/d"], ["--db", "mysql", "postgresql://", "SQLite"]),
        (["--db", "postgresql://u:s3cret@x@h/d"], ["--db", "%40"]),
        (["--db", "postgresql://u:s3cret/x@h/d"], ["--db", "%2F"]),
        (["--db", "postgresql://u:s3cret/d"], ["--db", "port", "HOST:PORT"]),
        (["--db", "postgresql://u:s3cret@h/d?nonsense=1"], ["--db", "OPTION=VALUE"]),
        (["--db", "postgres://u:s3%zzcret@h/d"], ["--db", "DATABASE"]),
        (["--webhook-url", "ftp://x"], ["--webhook-url", "http"]),
        (["openapi.yaml"], ["openapi.yaml", "--contract"]),
        (["restart"], ["restart", "reset"]),
        (["--ssl-keyfile", "k.pem"], ["--ssl-certfile"]),
        (["--webhook-backoff", "-1"], ["--webhook-backoff"]),
        (["--webhook-backoff", "inf"], ["--webhook-backoff", "inf"]),
        (["--webhook-timeout", "nan"], ["--webhook-timeout", "nan"]),
        (["--sandbox-idle", "nan"], ["--sandbox-idle", "nan"]),
        (["--sandbox-idle", "1e300"], ["--sandbox-idle", "1e+300"]),
        (["--token", ""], ["--token", "not empty"]),
        (["--token", " x"], ["--token", "blanks"]),
        (["--admin-token", ""], ["--admin-token", "not empty"]),
        (["--cors-origin", "nonsense"], ["--cors-origin", "one origin", "nonsense"]),
        (["--cors-origin", "http://h/"], ["--cors-origin", "one origin"]),
        (["--port", "4031", "requests"], ["--port before requests", "requests … --url http"]),
        (["--port", "4031", "proxy", "--upstream", "http://h"], ["--port before proxy", "behind"]),
        (["--admin-token", "t", "clock", "show"], ["--admin-token before clock", "clock --help"]),
        (["--json", "reset"], ["--json before reset", "reset --help"]),
    ],
)
def test_a_wrong_option_is_told_with_its_name(options, words):
    result = refused(*options)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stderr
    assert "cret" not in result.stderr
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("agents: {a: {script: [{delay: soon}]}}", ["/agents/a/script/0/delay", "a number"]),
        ("agents: {a/b: {}}", ["/agents/a~1b/script", "wanted this member"]),
        ("agents: {a: {script: [{}], extra: 1}}", ["/agents/a", '"extra"']),
        ("sessions: [{agent_id: nobody}]", ["/sessions/0", "nobody"]),
        ("[", ["YAML"]),
        (None, ["cannot be read"]),
    ],
)
def test_a_bad_seed_is_told_with_file_and_place(tmp_path, text, words):
    seed = tmp_path / "seed.yaml"
    if text is not None:
        seed.write_text(text)
    result = refused("--port", "0", "--seed", str(seed))
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == 1
    for word in [str(seed), *words]:
        assert word in result.stderr


def test_contract_and_agents_may_be_ones_own(launch, tmp_path):
    contract, agents = tmp_path / "own.yaml", tmp_path / "agents.yaml"
    text = resource("openapi.yaml").read_text()
    contract.write_text(text.replace("  version: ", "  version: 9.", 1))
    agents.write_text("agents: {helper: {script: [{reply: Aye}]}}")
    config = tmp_path / "mock.toml"
    config.write_text(f'agents = "{agents}"\nport = 0\n')
    _, facts = launch("--config", str(config), ADJOURN_CONTRACT=str(contract))
    assert (facts["contract"][:2], facts["agents"]) == ("9.", ["helper"])


def test_a_bad_database_is_told(tmp_path):
    file = tmp_path / "state.db"
    file.write_bytes(b"this is no database" * 1000)
    for path in (file, tmp_path / "missing" / "state.db"):
        result = refused("--port", "0", "--db", str(path))
        assert result.exit_code == 3
        assert str(path) in result.stderr
        assert "Traceback" not in result.stderr


def test_a_file_that_another_mock_has_open_is_told(launch, tmp_path):
    file = tmp_path / "state.db"
    process, _ = launch("--port", "0", "--db", str(file))
    result = refused("--port", "0", "--db", str(file))
    assert result.exit_code == 3
    assert_told(result, str(file), "another process has it open", "postgresql://")
    process.kill()
    process.wait()
    launch("--port", "0", "--db", str(file))


@pytest.mark.parametrize(
    ("login", "database", "words"),
    [
        (USER, "postgres", ["password", "correct the user"]),
        (f"{USER}:wrong-s3cret", "postgres", ["password authentication failed", "correct the"]),
        ("nobody:wrong-s3cret", "postgres", ["nobody", "does not exist"]),
        ("postgres:wrong-s3cret", "nowhere", ['"nowhere" does not exist', "create it"]),
    ],
)
def test_a_database_that_lets_nobody_in_is_told(postgres, login, database, words):
    result = refused("--port", "0", "--db", postgres.url(database, login))
    assert_told(result, "postgresql://", database, *words)


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid", "[::1]:1"])
def test_a_database_that_is_not_there_is_told(host):
    result = refused("--port", "0", "--db", f"postgresql://u:wrong-s3cret@{host}/chats")
    assert_told(result, f"postgresql://{host}/chats: ", "start the server, or correct --db")


def assert_told(result, *words):
    assert result.exit_code == 3
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stderr
    assert "s3cret" not in result.stderr
    for word in words:
        assert word in result.stderr


def test_choices_and_version_and_help_are_shown():
    assert "duplicate_open" in refused("--list-choices").stdout
    assert refused("--version").stdout.startswith("adjourn-mock ")
    shown = refused("--help").stdout
    assert "Exit codes" in shown
    assert "ADJOURN_" in shown


def test_the_banner_says_where_what_and_how():
    process = programs.start([*COMMAND, "--port", "0"], env=clean_environment())
    lines = []
    while not lines or "curl" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], "the banner ended early"
    process.send_signal(signal.SIGINT)
    assert process.wait() == 0
    process.stdout.close()
    assert "http://127.0.0.1:" in lines[0]
    assert any("POST /api/v1/chats/{id}/end" in line for line in lines)
    assert any("agent-closer" in line for line in lines)
