"""The subcommands against a mock that runs."""

import json

import pytest
from click.testing import CliRunner

from mock_server.cli.main import main
from mock_server.cli.values import iso_duration

NOON = "2030-01-05T12:00:00Z"


class Steer:
    """Runs a subcommand in a sandbox; `client` is in the same one."""

    def __init__(self, sandbox, client):
        self.sandbox = sandbox
        self.client = client

    def __call__(self, *arguments, code=0):
        result = CliRunner().invoke(main, [*arguments, "--sandbox", self.sandbox])
        assert result.exit_code == code, result.output
        return result.output


@pytest.fixture
def steer(shared, request, monkeypatch):
    """Run a subcommand in a sandbox of the test's own."""
    monkeypatch.setenv("ADJOURN_URL", str(shared.base_url))
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[-64:]

    with shared.in_sandbox(name) as client:
        yield Steer(name, client)


def test_the_clock_is_frozen_advanced_shown_and_reset(steer):
    assert steer("clock", "show").split()[1:] == ["wall", "PT0S"]
    assert steer("clock", "freeze", NOON).startswith("2030-01-05T12:00:00.000000Z frozen")
    session = steer.client.open(ttl_seconds=60)
    first, fired = steer("clock", "advance", "30m").splitlines()
    assert first.startswith("2030-01-05T12:30:00.000000Z frozen")
    assert fired.split() == ["2030-01-05T12:01:00.000001Z", "session.final", session["id"]]
    assert "cannot go back" in steer("clock", "reset", code=1)
    steer("reset")
    assert steer("clock", "show").split()[1] == "wall"


def test_a_file_is_seeded(steer, tmp_path):
    file = tmp_path / "seed.yaml"
    file.write_text("sessions:\n  - agent_id: agent-echo\n    turns: [Hello]\n")
    session_id = steer("seed", str(file)).strip()
    assert steer.client.read(session_id)["messages"][1]["content"] == "You said: Hello"
    file.write_text("sessions:\n  - agent: x\n")
    output = steer("seed", str(file), code=2)
    assert f"{file}, line 2, at /sessions/0" in output


def test_a_snapshot_is_saved_and_restored(steer):
    steer.client.open()
    assert steer("snapshot", "save", "one").endswith("1 sessions\n")
    steer("reset", "--keep", "clock")
    assert steer.client.count() == 0
    steer("snapshot", "restore", "one")
    assert steer.client.count() == 1
    assert steer("snapshot", "list").startswith("one ")
    assert "404, There is no snapshot" in steer("snapshot", "restore", "two", code=1)


@pytest.mark.parametrize("name", ["../reset", "..", ".", "a/b", "name?", "ü", ""])
@pytest.mark.parametrize("command", ["save", "restore"])
def test_a_name_that_is_none_is_told_and_goes_nowhere(steer, command, name):
    steer.client.open()
    assert "wanted 1 to 64 letters" in steer("snapshot", command, name, code=2)
    assert steer.client.count() == 1


def test_a_wait_without_end_is_refused(steer):
    assert "wanted a number" in steer("wait", "session.final", "--timeout", "nan", code=2)


def test_a_token_beyond_ascii_is_sent(start, monkeypatch):
    mock = start(admin_token="ü")
    arguments = ["clock", "show", "--url", str(mock.base_url), "--admin-token"]
    assert "wall" in CliRunner().invoke(main, [*arguments, "ü"]).output
    output = CliRunner().invoke(main, [*arguments, "ö"]).output
    assert "401, This is another admin token" in output
    assert "--admin-token or ADJOURN_ADMIN_TOKEN" in output


def test_an_answer_that_no_mock_gives_is_told(steer, backend):
    show = ("clock", "show", "--url", backend.url)
    assert "is no mock; check --url" in steer(*show, code=1)
    backend.answer = (302, {"Location": "https://login.test/\x9b2J"}, b"")
    assert "302, which leads to 'https://login.test/\\x9b2J'" in steer(*show, code=1)


def test_sandboxes_and_requests_are_listed(steer):
    steer.client.open()
    assert steer.client.headers["X-Mock-Sandbox"][:30] in steer("sandboxes")
    assert " 201 POST   /api/v1/chats " in steer("requests")


def test_waiting(steer):
    session = steer.client.open()
    (line,) = steer("wait", "session.opened", "--session", session["id"]).splitlines()
    assert json.loads(line)["session_id"] == session["id"]
    assert "408" in steer("wait", "session.final", "--timeout", "0.05", code=1)
    assert "/match/type" in steer("wait", "session.over", code=1)


def test_the_token_comes_from_the_environment(start, monkeypatch):
    mock = start(admin_token="steer")
    arguments = ["clock", "show", "--url", str(mock.base_url)]
    refused = CliRunner().invoke(main, arguments)
    assert (refused.exit_code, "401" in refused.output) == (1, True)
    monkeypatch.setenv("ADJOURN_ADMIN_TOKEN", "steer")
    assert CliRunner().invoke(main, arguments).exit_code == 0


@pytest.mark.parametrize("text", ["", "30", "soon", "1m1h", "-5m", "1..5h", "1h1", "PT", "1M1"])
def test_a_wrong_span_is_refused(steer, text):
    result = CliRunner().invoke(main, ["clock", "advance", "--", text])
    assert (result.exit_code, "such as 30m" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30m", "PT30M"),
        ("1w1d2h", "P1W1DT2H"),
        ("1.5s", "PT1.5S"),
        ("0.5h", "PT0.5H"),
        ("1.5m", "PT1.5M"),
        ("1h30m", "PT1H30M"),
        ("0.5d", "P0.5D"),
        ("PT1H", "PT1H"),
        ("pt1h", "PT1H"),
    ],
)
def test_a_span_as_a_duration(text, duration):
    assert iso_duration(text) == duration


def test_what_steers_a_terminal_is_not_printed_raw():
    from mock_server.cli.commands import _harmless

    assert _harmless("a\u202eb\x1b[31m\u2066") == "a\\u202eb\\u001b[31m\\u2066"
    assert _harmless("GET /ä?x=1 200") == "GET /ä?x=1 200"
