"""The suite in a pytest of the user's own."""

import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from xml.etree import ElementTree

import pytest

from tests import programs

from .conftest import ROOT, TOKEN

PLUGIN = ("-p", "adjourn.conformance.pytest_plugin", "--disable-plugin-autoload")
NOWHERE = "http://127.0.0.1:9"

Pytest = Callable[..., CompletedProcess[str]]


@pytest.fixture
def run_pytest(tmp_path: Path) -> Pytest:
    """Run pytest elsewhere than in the checkout."""

    def run(
        *words: str, given: str = "adjourn.conformance", anew: bool = False
    ) -> CompletedProcess[str]:
        theirs = ("CONFORMANCE_", "PYTEST_")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(theirs)}
        command = ("-m", "pytest", *PLUGIN, "--pyargs", given, *words)
        environment = {
            **kept,
            "CONFORMANCE_TOKEN": TOKEN,
            "XDG_CACHE_HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT),
        }
        return programs.run(command, cwd=tmp_path, env=environment, anew=anew)

    return run


def test_each_rule_is_a_test_in_a_report_of_pytests_own(
    run_pytest: Pytest, mock: Any, tmp_path: Path
) -> None:
    ended = run_pytest("--target", mock.url, "--rule", "END-02", "--junitxml", "junit.xml")
    assert ended.returncode == 0, ended.stdout
    assert "verdict   conformant for the rule END-02" in ended.stdout
    (case,) = ElementTree.parse(tmp_path / "junit.xml").iter("testcase")
    assert case.get("name") == "check_a_transition[END-02]"


@pytest.mark.slow
def test_a_broken_rule_fails_with_its_card(run_pytest: Pytest, broken: Any) -> None:
    target = f"{broken.url}/second-end"
    ended = run_pytest("--target", target, "--rule", "END-03", "--conformance-repeats", "0")
    assert ended.returncode == 1
    assert "FAIL END-03 MUST" in ended.stdout
    assert "expected  " in ended.stdout
    assert "curl " in ended.stdout
    assert TOKEN not in ended.stdout


@pytest.mark.slow
def test_what_could_not_be_evaluated_is_skipped_and_never_green(run_pytest: Pytest) -> None:
    ended = run_pytest("--target", NOWHERE, "--wait-ready", "0", "--rule", "END-02", "-rs")
    assert ended.returncode == 3
    assert "1 skipped" in ended.stdout
    assert "not-run: " in ended.stdout
    assert "verdict   inconclusive" in ended.stdout


@pytest.mark.slow
def test_the_options_of_pytest_select_rules(run_pytest: Pytest, mock: Any) -> None:
    ended = run_pytest("--target", mock.url, "-k", "END-02 or OPEN-02")
    assert (ended.returncode, "2 passed" in ended.stdout) == (0, True), ended.stdout
    listed = run_pytest("--target", NOWHERE, "-m", "smoke and SHOULD", "--collect-only", "-q")
    assert listed.returncode == 0
    assert "check_a_role_is_known[MSG-02]" in listed.stdout
    assert "[END-02]" not in listed.stdout


@pytest.mark.slow
def test_a_target_elsewhere_wants_consent(run_pytest: Pytest) -> None:
    ended = run_pytest("--target", "http://target.test", "--rule", "END-02")
    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--allow-writes consents" in ended.stderr


@pytest.mark.slow
def test_what_the_caller_named_wrong_is_an_error_of_usage(run_pytest: Pytest, mock: Any) -> None:
    ended = run_pytest("--target", f"{mock.url}/api/v1", "--rule", "END-02")
    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
    assert "/api/v1" in ended.stdout


@pytest.mark.slow
def test_an_option_of_pytests_own_keeps_its_meaning(run_pytest: Pytest) -> None:
    told = run_pytest("--help").stdout
    assert "--conformance-strict" in told
    assert "--conformance-target, --target" in told or "--conformance-target=" in told
    assert "--conformance-verbose, --verbose" not in told


@pytest.mark.slow
def test_several_processes_are_refused(run_pytest: Pytest) -> None:
    ended = run_pytest("-p", "xdist", "-n", "2", "--target", NOWHERE)
    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
    assert "leave -n out" in ended.stderr


def test_another_pytest_is_left_alone(run_pytest: Pytest, tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(
        "import sys\n\n"
        "def test_it(pytestconfig):\n"
        "    assert not hasattr(pytestconfig.option, 'conformance_target')\n"
        "    assert 'adjourn.conformance.cli' not in sys.modules\n"
        "    assert 'hypothesis' not in sys.modules\n"
    )
    ended = run_pytest(given="test_theirs.py", anew=True)
    assert (ended.returncode, "1 passed" in ended.stdout) == (0, True), ended.stdout
    assert run_pytest("--target", NOWHERE, given="test_theirs.py").returncode == 4
