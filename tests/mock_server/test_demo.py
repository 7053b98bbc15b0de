"""Each fault of `--demo-fault` is told by the mock, and found by the suite by its rule."""

import json
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from mock_server.cli.main import main
from mock_server.demo import FAULTS
from mock_server.serve.announcing import banner
from tests.programs import ROOT
from tests.serving import Api

RULES = {
    "second-end": ("END-03", "core"),
    "final-turn": ("TURN-16", "core"),
    "lost-result": ("FIN-01", "core"),
    "no-timeout": ("TTL-01", "ttl"),
    "duplicate-open": ("DEDUP-01", "core"),
    "forgotten-key": ("IDEM-02", "core"),
    "webhook-twice": ("HOOK-02", "webhooks"),
    "filter-ignored": ("LIST-06", "core"),
    "wrong-total": ("LIST-17", "core"),
    "oldest-first": ("LIST-11", "core"),
    "unknown-id": ("GET-02", "core"),
    "any-key": ("AUTH-03", "core"),
}
AGENTS = (
    *("--agent", "agent-echo", "--tool-agent", "agent-tools"),
    *("--closing-agent", "agent-closer", "--closing-text", "bye"),
)
QUICK = ("--strict", "--repeats", "0", "--index-wait", "3", "--ttl-grace", "5")


def free_address():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_the_suite_finds_it(name, launch, tmp_path):
    rule, profile = RULES[name]
    receiver = free_address()
    hooks = ("--webhook-url", f"http://{receiver}/", "--webhook-backoff", "0.2")
    _, facts = launch("--port", "0", "--token", "key-1", "--demo-fault", name, *hooks)
    assert facts["demo_fault"] == name
    judge = ("--target", facts["url"], "--rule", rule, "--profile", profile, *AGENTS, *QUICK)
    done = subprocess.run(
        [sys.executable, "-m", "conformance", *judge, "--report", tmp_path]
        + (["--webhook-listen", receiver] if profile == "webhooks" else []),
        env={"CONFORMANCE_TOKEN": "key-1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    report = json.loads((tmp_path / "conformance.json").read_text(encoding="utf-8"))
    found = [one["id"] for one in report["rules"] if one["outcome"] in ("fail", "warn")]
    assert rule in found


def test_they_are_listed_with_what_they_do():
    told = CliRunner().invoke(main, ["--demo-fault", "list"])
    assert told.exit_code == 0
    assert [line.split()[0] for line in told.output.splitlines()] == [*FAULTS]


def test_another_name_is_refused():
    told = CliRunner().invoke(main, ["--demo-fault", "second-ends"])
    assert "got 'second-ends'; did you mean second-end?" in str(told.output)


def test_the_banner_says_it_first_and_last():
    with Api.of(demo_fault="any-key") as api:
        lines = banner(api.mock, str(api.base_url), "1").splitlines()
    assert lines[0] == lines[-1]
    assert "BROKEN ON PURPOSE (--demo-fault any-key)" in lines[0]


def test_an_invented_session_takes_no_turn(launch):
    """The fault concerns what is read; a turn of nobody's session comes to an end too."""
    _, facts = launch("--port", "0", "--demo-fault", "unknown-id")
    nobody = "8f5385ec-fe47-4d64-95fc-8a8b22cbaa04"
    with Api.at(facts["url"]) as api:
        assert api.read(nobody)["id"] == nobody
        assert api.submit(nobody).status_code == 404
