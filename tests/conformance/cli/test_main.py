"""The suite as a program: what it accepts, what it refuses, and its exit codes."""

import json
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from conformance.contract.document import Contract
from conformance.report.model import FILES
from tests import programs

Suite = Callable[..., Any]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def smoke(suite: Suite, mock: Any) -> Any:
    """One run of the smoke pack against the mock."""
    return suite("--profile", "smoke", target=mock)


def test_the_embedded_mock_is_conformant(suite: Suite) -> None:
    ended = suite("--profile", "smoke")
    assert ended.code == 0
    assert ended.outcomes("fail", "warn", "error", "not-run") == []
    assert ended.report["verdict"] == "conformant"
    assert "conformant for the profile smoke (exit code 0)" in ended.out
    assert ended.err == ""


def test_the_embedded_mock_is_asked_behind_the_path_of_the_contracts_server(
    suite: Suite, contract: Contract, tmp_path: Path
) -> None:
    file = tmp_path / "contract.yaml"
    head, _, rest = contract.path.read_text("utf-8").partition("servers:\n")
    server = "servers:\n  - url: https://{name}.test/v2/\n    variables: {name: {default: api}}\n"
    file.write_text(head + server + rest[rest.index("tags:") :], "utf-8")
    ended = suite("--contract", str(file), "--rule", "OPEN-01")
    assert (ended.code, ended.report["target"].endswith("/v2")) == (0, True)


def test_a_mock_elsewhere_is_conformant_and_left_as_it_was_found(smoke: Any, mock: Any) -> None:
    assert smoke.code == 0
    assert smoke.report["sessions_opened"] > 0
    assert smoke.report["sessions_left_open"] == 0
    assert mock.left_by(smoke) == []


def test_rules_outside_the_profile_are_not_selected(smoke: Any) -> None:
    assert smoke.rule("TTL-01")["outcome"] == "not-selected"
    assert "ttl" in smoke.rule("TTL-01")["reason"]


def test_one_rule_can_be_run_alone(suite: Suite, mock: Any) -> None:
    ended = suite("--rule", "END-01", target=mock)
    assert ended.code == 0
    assert ended.rule("END-01")["outcome"] == "pass"
    assert ended.rule("END-02")["outcome"] == "not-selected"


def test_a_run_that_only_reads_opens_nothing(suite: Suite, mock: Any) -> None:
    before = len(mock.sessions("all"))
    ended = suite("--profile", "smoke", "--read-only", target=mock)
    assert ended.report["sessions_opened"] == 0
    assert len(mock.sessions("all")) == before
    assert ended.code in (0, 3)
    assert ended.outcomes("fail", "error") == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--proflie", "smoke"], "--profile"),
        (["--profile", "smok"], "did you mean smoke?"),
        (["--rule", "END-99"], "END-99"),
        (["--seed", "many"], "many"),
        (["--target", "localhost:4010"], "localhost:4010"),
        (["--target", "http://127.0.0.1:99999"], "--target"),
        (["--target", "https://chats.example.test"], "--allow-writes"),
        (["--read-only", "--allow-writes"], "exclude each other"),
        (["--read-only", "--rule", "END-01"], "END-01 wants to write; leave --read-only out"),
        (["--rule", "TTL-01"], "TTL-01 is of the pack ttl; add --profile ttl"),
        (["--rule", "TURN-18"], "TURN-18 is not checked: "),
        (["--rule", "HTTP-01", "--profile", "webhooks"], "add --profile smoke"),
        (["--baseline", "nowhere.toml", "--plan"], "nowhere.toml"),
        (["--target", "http://127.0.0.1:9", "sweep"], "--target stands before sweep"),
        (["--profile", "webhooks", "--webhook-listen", "foo"], "wanted HOST:PORT"),
        (["--timeout", "0"], "timeout"),
        (["--config", "nowhere.toml"], "nowhere.toml"),
        (["--report", "/dev/null/report"], "/dev/null/report"),
        (["--profile", "webhooks", "--webhook-listen", "127.0.0.1:70000"], "--webhook-listen"),
        (["nonsense"], "nonsense"),
    ],
)
def test_what_cannot_be_followed_is_a_usage_error(ask: Suite, words: list[str], told: str) -> None:
    code, _, err = ask(*words)
    assert code == 2
    assert told in err
    assert len(err.strip().splitlines()) == 1


def test_a_usage_error_of_the_program_is_one_line(suite: Suite) -> None:
    ended = suite("--profile", "smok")
    assert ended.code == 2
    assert ended.err == "conformance: unknown profile 'smok'; did you mean smoke?\n"


def test_an_unknown_variable_is_a_usage_error(ask: Suite) -> None:
    code, _, err = ask("--plan", CONFORMANCE_PROFIL="smoke")
    assert code == 2
    assert "did you mean CONFORMANCE_PROFILE" in err


def test_the_plan_is_told_before_consent_is_asked_for(ask: Suite) -> None:
    code, out, err = ask("--target", "http://192.0.2.1")
    assert code == 2
    assert "at most" in out
    assert "--allow-writes consents to the plan above" in err


def test_a_target_that_cannot_be_reached_is_inconclusive(suite: Suite, free_port: int) -> None:
    ended = suite("--profile", "smoke", "--target", f"http://127.0.0.1:{free_port}")
    assert ended.code == 3
    assert ended.report["verdict"] == "inconclusive"
    assert "nothing listens at" in ended.rule("END-01")["reason"]
    assert ended.outcomes("pass", "fail") == []


def test_a_key_that_the_target_refuses_is_a_usage_error(suite: Suite, mock: Any) -> None:
    ended = suite("--profile", "smoke", target=mock, CONFORMANCE_TOKEN="another-key-0002")
    assert ended.code == 2
    assert "check the key in CONFORMANCE_TOKEN" in ended.err


def test_an_agent_that_the_target_does_not_know_is_a_usage_error(suite: Suite, mock: Any) -> None:
    ended = suite("--profile", "smoke", "--agent", "agent-nobody", target=mock)
    assert ended.code == 2
    assert "'agent-nobody'; name one by --agent" in ended.err


def test_a_budget_that_is_too_small_is_inconclusive(suite: Suite, mock: Any) -> None:
    ended = suite("--rule", "DEDUP-04", "--max-sessions", "3", target=mock)
    assert ended.code == 3
    assert ended.report["sessions_opened"] == 3
    assert ended.outcomes("fail") == []
    assert mock.left_by(ended) == []


def test_the_list_has_every_rule(ask: Suite, contract: Contract) -> None:
    code, out, _ = ask("--list")
    assert code == 0
    assert [id for id in contract.rules if id not in out] == []


def test_the_plan_says_what_a_run_may_cost(ask: Suite, mock: Any) -> None:
    before = len(mock.sessions("all"))
    code, out, _ = ask("--plan", "--profile", "smoke", "--max-sessions", "50", "--target", mock.url)
    assert code == 0
    assert "budget    50 sessions" in out
    assert mock.url in out
    assert len(mock.sessions("all")) == before


def test_the_plan_says_what_it_will_do_without(ask: Suite, mock: Any) -> None:
    words = ["--plan", "--profile", "core,webhooks", "--target", mock.url, "--agent", "agent-echo"]
    _, out, _ = ask(*words)
    assert "without   8 of them: the suite was given no webhook listener" in out
    assert "given no tool agent" in out
    fewer = "without   sessions that an agent finishes: the suite was given no closing agent"
    smoke = ["--plan", "--profile", "smoke", "--target", mock.url, "--agent", "agent-echo"]
    assert fewer in out
    assert fewer in ask(*smoke)[1]
    closing = ("--closing-agent", "agent-closer", "--closing-text", "bye")
    assert "without" not in ask(*smoke, *closing)[1]
    assert "without" not in ask(*smoke, "--read-only")[1]
    _, out, _ = ask("--plan", "--profile", "core,webhooks")
    assert "without" not in out


def test_the_plan_says_what_is_waited_for(ask: Suite, mock: Any) -> None:
    words = ["--plan", "--profile", "core,ttl,webhooks", "--target", mock.url]
    lines = ask(*words, "--index-wait", "20", "--webhook-wait", "45", "--ttl-grace", "30")[1]
    waits = {line.split()[1]: line.split(", waits up to ")[1:] for line in lines.splitlines()}
    assert waits["core:"] == ["20 s"]
    assert waits["webhooks:"] == ["45 s"]
    assert waits["ttl:"] == ["106 s"]
    assert waits["smoke:"] == []


def test_help_and_version(ask: Suite) -> None:
    assert "Exit codes:" in ask("--help")[1]
    assert "adjourn-conformance" in ask("--version")[1]


def test_a_config_file_gives_the_same_keys(ask: Suite, tmp_path: Path) -> None:
    file = tmp_path / "adjourn.toml"
    file.write_text('profile = ["smoke"]\nseed = 41\n')
    _, out, _ = ask("--plan", "--config", str(file), CONFORMANCE_SEED="42")
    assert "profile   smoke, seed 42" in out


def test_settings_for_other_pytests_do_not_matter(suite: Suite, mock: Any) -> None:
    others = {"PYTEST_ADDOPTS": "--no-such-option", "PYTEST_PLUGINS": "no_such_module"}
    assert suite("--rule", "END-01", target=mock, **others).code == 0


CRASH = """
import sys
from conformance.cli import job, main as cli
from conformance.checks.kinds import transitions

def crash(*_):
    raise KeyError("a fault of the suite's own")

{place} = crash
sys.argv[0] = "conformance"
cli.main()
"""


def crashed(place: str, mock: Any, directory: Path) -> CompletedProcess[str]:
    words = ["--rule", "END-01", "--target", mock.url, "--report", str(directory)]
    key = mock.headers["Authorization"].removeprefix("Bearer ")
    command = ["-c", CRASH.format(place=place), *words]
    return programs.run(command, cwd=ROOT, env={**os.environ, "CONFORMANCE_TOKEN": key})


def test_a_crash_within_a_check_is_the_suites_own_fault(mock: Any, tmp_path: Path) -> None:
    done = crashed("transitions.expect_state", mock, tmp_path)
    assert done.returncode == 4
    assert "KeyError" in done.stdout
    assert "harness-fault" in (tmp_path / "badge.json").read_text()
    assert json.loads((tmp_path / "conformance.json").read_text())["sessions_left_open"] == 0


@pytest.mark.parametrize("place", ["job.build", "job.write"])
def test_no_earlier_report_stands_for_one_that_could_not_be_made(
    mock: Any, tmp_path: Path, place: str
) -> None:
    for name in FILES:
        (tmp_path / name).write_text("of an earlier run")
    done = crashed(place, mock, tmp_path)
    assert done.returncode == 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_ends_its_sessions(
    begin: Suite, mock: Any, eventually: Any, number: signal.Signals
) -> None:
    process, wait = begin("--profile", "core", "--cleanup-wait", "60", target=mock)
    before = {found["id"] for found in mock.sessions()}
    eventually(lambda: len({found["id"] for found in mock.sessions()} - before) > 3)
    process.send_signal(number)
    ended = wait()
    assert ended.code == 3
    assert "interrupted" in ended.out
    assert ended.report["sessions_opened"] > 3
    assert mock.left_by(ended) == []


def test_a_misspelt_rule_names_the_nearest(suite: Suite) -> None:
    ended = suite("--rule", "EDN-01")
    assert ended.code == 2
    assert "did you mean END-01" in ended.err


def test_a_report_that_cannot_be_written_is_a_usage_error(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "conformance.json").mkdir()
    ended = suite("--report", str(tmp_path), "--profile", "smoke")
    assert ended.code == 2
    assert "conformance.json" in ended.err
