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
        (["--proxy", "socks5://u:hush@p"], ["--proxy", "http or https URL"]),
        (["--proxy", "http://p", "--no-proxy"], ["--proxy", "--no-proxy", "exclude"]),
    ],
)
def test_what_cannot_be_used_is_told_in_a_line(command, options, words):
    told = CliRunner().invoke(main, [*command, "--port", "0", *options])
    (line,) = told.stderr.splitlines() if not command else told.stderr.splitlines()[-1:]
    assert told.exit_code == 2
    assert [word for word in words if word not in line] == []
    assert "hush" not in told.stderr


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
