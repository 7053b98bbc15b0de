"""The options of these features, on the command line."""

import json
import signal
import socket
from subprocess import PIPE

import httpx
import pytest
from click.testing import CliRunner

from mock_server.cli.main import main
from mock_server.cli.proxy import proxy
from tests import programs
from tests.serving import CHATS, COMMAND, HEADERS, clean_environment


@pytest.fixture
def launch():
    """Start the command; gives the process and the URL that it announced."""
    running = []

    def begin(*options):
        process = programs.start([*COMMAND, *options, "--port", "0", "--json"], stderr=PIPE)
        running.append(process)
        return process, json.loads(process.stdout.readline())["url"]

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def test_the_coverage_is_printed_at_exit(launch):
    process, url = launch("--coverage")
    opening = {"agent_id": "agent-echo"}
    for sandbox in ("a", "b"):
        headers = {**HEADERS, "X-Mock-Sandbox": sandbox}
        httpx.post(f"{url}{CHATS}", json=opening, headers=headers).raise_for_status()
    process.send_signal(signal.SIGTERM)
    printed = process.communicate()[0]
    assert printed.startswith("Coverage of the contract: 1 of 6 operations")
    assert "201x2" in printed


def test_faults_work_as_the_command_serves_them(launch):
    _, url = launch()
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{url}{CHATS}", headers={**HEADERS, "X-Mock-Fault": "EMPTY_RESPONSE"})


def test_a_secret_of_another_form_is_refused():
    result = CliRunner().invoke(main, ["--webhook-secret", "letmein", "--port", "0"])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "--webhook-secret" in result.stderr
    assert "whsec_" in result.stderr


def test_webhooks_go_to_hosts_that_are_allowed(launch):
    _, url = launch("--webhook-allow", "hooks.invalid")
    target = {"url": "http://hooks.invalid/"}
    sent = httpx.post(f"{url}/__admin/webhooks/trigger", json=target)
    assert sent.status_code == 202
    target = {"url": "http://other.invalid/"}
    assert httpx.post(f"{url}/__admin/webhooks/trigger", json=target).status_code == 400


def test_the_proxy_is_a_command(launch):
    _, url = launch()
    command = [*COMMAND, "proxy", "--upstream", url, "--port", "0", "--json"]
    process = programs.start(command, stderr=PIPE)
    try:
        facts = json.loads(process.stdout.readline())
        assert facts["upstream"] == url
        response = httpx.get(f"{facts['url']}{CHATS}?take=0", headers=HEADERS)
        assert response.status_code == 400
        assert "/take" in response.headers["x-mock-violations"]
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
        (line,) = process.stderr.read().splitlines()
        assert "/take" in line
    finally:
        process.kill()
        process.communicate()


def test_a_proxy_is_set_up_like_a_mock(launch, tmp_path):
    config = tmp_path / "proxy.toml"
    config.write_text('upstream = "http://127.0.0.1:1"\nlog-format = "json"\n')
    environment = clean_environment(ADJOURN_CONFIG=str(config), ADJOURN_PORT="0", ADJOURN_JSON="1")
    with programs.start([*COMMAND, "proxy"], env=environment, stderr=PIPE) as process:
        facts = json.loads(process.stdout.readline())
        assert facts["upstream"] == "http://127.0.0.1:1"
        assert httpx.get(f"{facts['url']}/other").status_code == 502
        process.send_signal(signal.SIGTERM)
        assert json.loads(process.stderr.readline())["logger"] == "adjourn.proxy"
    assert process.returncode == 0


def test_a_proxy_tells_a_taken_port_and_a_bad_contract_as_a_mock_does(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        upstream = {"ADJOURN_UPSTREAM": "http://127.0.0.1:1"}
        result = CliRunner(env=upstream).invoke(main, ["proxy", "--port", port])
    assert (result.exit_code, "in use" in result.stderr) == (4, True)
    missing = str(tmp_path / "missing.yaml")
    options = ["proxy", "--port", "0", "--contract", missing]
    result = CliRunner(env=upstream).invoke(main, options)
    assert (result.exit_code, missing in result.stderr) == (2, True)


def test_a_proxy_wants_an_upstream():
    result = CliRunner().invoke(main, ["proxy", "--upstream", "ftp://x"])
    assert result.exit_code == 2
    assert "ftp://x" in result.stderr


OWN = {"version", "list_choices", "help"}  # what an option of these shows, no environment asks for


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (command, option)
        for command in (main, proxy)
        for option in command.params
        if option.name not in OWN
    ],
)
def test_each_option_can_stand_in_the_environment(monkeypatch, command, option):
    name = option.opts[0].removeprefix("--").upper().replace("-", "_")
    monkeypatch.setenv(f"ADJOURN_{name}", "given")
    context = command.make_context("x", [], resilient_parsing=True)
    assert option.resolve_envvar_value(context) == "given"
