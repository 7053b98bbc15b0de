"""The options on how other servers are reached: each wrong one is told in one line."""

import json
import signal
from subprocess import PIPE

import httpx
import pytest
from click.testing import CliRunner

from mock_server.cli.main import main
from tests import programs
from tests.network import Authority, answering_tls
from tests.serving import CHATS, COMMAND, HEADERS, clean_environment

UPSTREAM = ["proxy", "--upstream", "http://127.0.0.1:1"]


@pytest.mark.parametrize("command", [[], UPSTREAM])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--ca", "missing.pem"], ["--ca missing.pem", "No such file", "PEM certificates"]),
        (["--client-cert", "a.pem,b.key"], ["--client-cert a.pem with b.key", "FILE,KEY"]),
        (["--proxy", "ftp://u:hush@p"], ["--proxy", "http, https or socks5 URL"]),
        (["--proxy", "http://p", "--no-proxy"], ["--proxy", "--no-proxy", "exclude"]),
    ],
)
def test_what_cannot_be_used_is_told_in_a_line(command, options, words):
    told = CliRunner().invoke(main, [*command, "--port", "0", *options])
    (line,) = told.stderr.splitlines() if not command else told.stderr.splitlines()[-1:]
    assert told.exit_code == 2
    assert [word for word in words if word not in line] == []
    assert "hush" not in told.stderr


HOOK = ["--webhook-url", "https://hooks.test/a", "--webhook-allow", "hooks.test"]


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"SSL_CERT_FILE": "missing.pem"}, ["SSL_CERT_FILE=missing.pem", "No such file"]),
        ({"HTTPS_PROXY": "ftp://u:hush@p"}, ["HTTPS_PROXY of the environment", "socks5"]),
        ({"ALL_PROXY": "proxy:many"}, ["ALL_PROXY of the environment", "--no-proxy"]),
    ],
)
def test_what_keeps_webhooks_from_being_sent_is_told_at_the_start(environment, words):
    env = {**dict.fromkeys(("SSL_CERT_FILE", "HTTPS_PROXY", "ALL_PROXY")), **environment}
    told = CliRunner().invoke(main, ["--port", "0", *HOOK], env=env)
    (line,) = told.stderr.splitlines()
    assert told.exit_code == 2
    assert [word for word in words if word not in line] == []
    assert "hush" not in line


def test_the_targets_of_agents_are_looked_at_too(tmp_path):
    agents = tmp_path / "agents.yaml"
    agents.write_text("agents: {a: {script: [{reply: a}], webhook: {url: 'https://hooks.test'}}}")
    environment = {"SSL_CERT_FILE": "missing.pem"}
    told = CliRunner().invoke(main, ["--port", "0", "--agents", str(agents)], env=environment)
    assert (told.exit_code, "SSL_CERT_FILE=missing.pem" in told.stderr) == (2, True)


def test_what_no_webhook_needs_is_of_no_concern(tmp_path):
    environment = {
        "SSL_CERT_FILE": "missing.pem",
        "HTTP_PROXY": "ftp://p",
        "ALL_PROXY": "socks://p",
    }
    command = [*COMMAND, "--port", "0", "--json", "--webhook-url", "http://127.0.0.1:9/hook"]
    with programs.start(command, stderr=PIPE, env={**clean_environment(), **environment}) as mock:
        url = json.loads(mock.stdout.readline())["url"]
        for target, status in (("http://127.0.0.1:9", 200), ("https://127.0.0.1:9", 400)):
            answer = httpx.put(
                f"{url}/__admin/webhooks/target", json={"url": target}, trust_env=False
            )
            assert answer.status_code == status
            assert (status == 200) or "SSL_CERT_FILE" in answer.json()["errors"][0]["detail"]
        mock.send_signal(signal.SIGTERM)
        mock.communicate()


def test_a_socket_goes_with_no_proxy():
    options = ["--unix-socket", "/run/x", "--proxy", "http://p"]
    told = CliRunner().invoke(main, [*UPSTREAM, "--port", "0", *options])
    assert (told.exit_code, "--unix-socket exclude" in told.stderr) == (2, True)


def test_a_proxy_reaches_a_backend_behind_a_private_authority(tmp_path, backend):
    authority = Authority(tmp_path)
    with answering_tls(backend, authority.issue("localhost")) as url:
        for options, status, told in (
            (["--ca", str(authority.file)], 200, ""),
            (["--insecure"], 200, "--insecure: no certificate of a server is checked"),
            ([], 502, "its certificate is not trusted"),
        ):
            command = [*COMMAND, "proxy", "--upstream", url, "--port", "0", "--json", *options]
            with programs.start(command, stderr=PIPE, env=clean_environment()) as process:
                facts = json.loads(process.stdout.readline())
                answer = httpx.get(f"{facts['url']}{CHATS}", headers=HEADERS, trust_env=False)
                process.send_signal(signal.SIGTERM)
                _, log = process.communicate()
            assert (answer.status_code, told in log) == (status, True)
