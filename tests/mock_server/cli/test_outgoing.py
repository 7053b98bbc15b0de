"""The options on how other servers are reached: each wrong one is told in one line."""

import json
import signal
from subprocess import PIPE

import httpx
import pytest
from click.testing import CliRunner

from mock_server.cli.main import main
from mock_server.testing import attached_mock, open_sandbox
from tests import programs
from tests.assistant import assist
from tests.network import Authority, answering_tls
from tests.serving import CHATS, COMMAND, HEADERS, clean_environment

UPSTREAM = ["proxy", "--upstream", "http://127.0.0.1:1"]


@pytest.mark.parametrize("command", [[], UPSTREAM])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--ca", "missing.pem"], ["--ca missing.pem", "No such file", "PEM certificates"]),
        (["--client-cert", "a.pem,b.key"], ["--client-cert a.pem with b.key", "FILE,KEY"]),
        (["--client-cert", ",b.key"], ["--client-cert ',b.key'", "FILE,KEY"]),
        (["--proxy", "ftp://u:hush@p"], ["--proxy", "http, https or socks5 URL"]),
        (["--proxy", "http://p", "--no-proxy"], ["--proxy", "--no-proxy", "exclude"]),
        (["--ca", "a.pem", "--insecure"], ["--insecure", "--ca", "exclude"]),
        (["--header", "hush"], ["--header without a colon"]),
    ],
)
def test_what_cannot_be_used_is_told_in_a_line(command, options, words):
    told = CliRunner().invoke(main, [*command, "--port", "0", *options])
    (line,) = told.stderr.splitlines() if not command else told.stderr.splitlines()[-1:]
    assert told.exit_code == 2
    assert [word for word in words if word not in line] == []
    assert "hush" not in told.stderr


@pytest.mark.parametrize("more", [[], ["--webhook-allow", "*"]])
def test_a_header_that_goes_nowhere_is_refused(more):
    told = CliRunner().invoke(main, ["--port", "0", "--header", "X-Key: a", *more])
    assert (told.exit_code, "--webhook-allow names" in told.stderr) == (2, True)


def test_the_environment_tells_a_header_a_line():
    environment = {"ADJOURN_HEADER": "X-Key: two words\nX Key: a\n"}
    told = CliRunner().invoke(main, ["--port", "0"], env=environment)
    assert (told.exit_code, "--header 'X Key': wanted" in told.stderr) == (2, True)


def test_a_mock_behind_tls_is_steered_like_any_other_server(launch, tmp_path, backend):
    authority, stranger = Authority(tmp_path), Authority(tmp_path)
    certificate, key = authority.issue("localhost")
    _, facts = launch("--port", "0", "--ssl-certfile", str(certificate), "--ssl-keyfile", str(key))
    url = facts["url"].replace("127.0.0.1", "localhost")

    def steer(*options):
        return CliRunner().invoke(main, ["clock", "show", "--url", url, *options])

    stranger.made.cert_pem.write_to_path(other := tmp_path / "stranger.pem")
    authority.made.cert_pem.write_to_path(own := tmp_path / "own.pem")
    assert steer("--ca", str(own)).output.endswith(" wall PT0S\n")
    assert "certificate is not trusted" in steer("--ca", str(other)).stderr
    assert steer("--insecure").exit_code == steer().exit_code == 0
    for option, told in (
        (["--header", "Authorization: Bearer a"], "the token goes in ADJOURN_ADMIN_TOKEN"),
        (["--url", "http://me:hush@a.test"], "a URL without credentials; the token goes in"),
        (["--url", "http://a.test?b"], "a URL without query and fragment"),
        (["--admin-token", "two\nlines"], "wanted a token"),
        (["--proxy", "http://127.0.0.1:1"], "the connection was refused"),
    ):
        assert told in steer(*option).stderr

    reached = attached_mock(url, ca=own, header=["X-Key: gateway-key"])
    with open_sandbox(reached, "tls") as sandbox:
        assert sandbox.clock.now()

    async def work(ask):
        assert (await ask("show_clock"))["mode"] == "wall"

    assist(work, "mock_server", "--url", url, "--ca", str(own))


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
