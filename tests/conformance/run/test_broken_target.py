"""A target with one fault: the suite names its rule, and its curl lines show the fault."""

import shlex
import signal
import subprocess
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

TOKEN = "key-of-the-tests-0001"

Suite = Callable[..., Any]


def bash(*lines: str) -> str:
    """What a real shell prints for these lines, with the key in its environment."""
    environment = {"PATH": "/usr/bin:/bin", "CONFORMANCE_TOKEN": TOKEN}
    command = ["bash", "-c", "\n".join(lines)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(scope="module")
def judged(suite: Suite, broken: Any) -> Suite:
    """Judge the target with this fault."""

    def run(fault: str, *words: str) -> Any:
        ended = suite(*words, "--target", f"{broken.url}/{fault}")
        assert broken.left_by(ended) == []
        return ended

    return run


@pytest.fixture(scope="module")
def overwriting(judged: Suite) -> Any:
    """The smoke pack, run against a target whose second end overwrites the reason."""
    return judged("second-end", "--profile", "smoke")


def test_an_end_that_overwrites_the_reason(overwriting: Any) -> None:
    assert overwriting.code == 1
    assert overwriting.report["verdict"] == "non-conformant"
    assert set(overwriting.outcomes("fail")) == {"END-03", "LIFE-05"}
    assert "FAIL END-03 MUST" in overwriting.out
    assert "overwritten" in overwriting.rule("END-03")["findings"][0]["actual"]


def test_the_curl_lines_of_a_finding_show_its_fault(overwriting: Any) -> None:
    lines = [step["curl"] for step in overwriting.rule("END-03")["findings"][0]["steps"]]
    assert [line for line in lines if line not in overwriting.out] == []
    assert TOKEN not in "".join(lines)
    printed = bash(*lines)
    assert '"user_end"' in printed
    assert '"overwritten"' in printed.splitlines()[-1]


def test_the_rerun_command_shows_the_fault_again(overwriting: Any, begin: Suite) -> None:
    words = shlex.split(overwriting.rule("END-03")["findings"][0]["rerun"])
    assert words[:3] == ["python", "-m", "conformance"]
    again = begin(*words[3:])[1]()
    assert again.code == 1
    assert "FAIL END-03 MUST" in again.out


def test_the_junit_file_has_the_failures(overwriting: Any) -> None:
    root = ElementTree.parse(overwriting.directory / "junit.xml").getroot()
    failed = [case.attrib["name"] for case in root.iter("testcase") if case.findall("failure")]
    assert {name.split(" ")[0] for name in failed} == {"END-03", "LIFE-05"}


def test_a_watched_rule_is_named_once(judged: Suite) -> None:
    ended = judged("no-list", "--rule", "LIST-01")
    assert ended.code == 1
    assert ended.outcomes("fail") == ["LIST-01"]
    assert sum(finding["count"] for finding in ended.rule("LIST-01")["findings"]) > 1
    assert ended.out.count("FAIL LIST-01") == 1


@pytest.fixture(scope="module")
def telltale(judged: Suite) -> Any:
    """A run against a target that repeats the key, and more, in every error."""
    return judged("telltale", "--rule", "ERR-02")


def test_a_fault_in_a_should_is_a_warning(telltale: Any) -> None:
    assert (telltale.code, telltale.rule("ERR-02")["outcome"]) == (0, "warn")


def test_a_target_that_repeats_the_key_does_not_get_it_into_a_report(telltale: Any) -> None:
    written = "".join(file.read_text() for file in telltale.directory.iterdir())
    for text in (written, telltale.out, telltale.err):
        assert TOKEN not in text
        assert TOKEN[:8] not in text
        assert "\x1b[31m" not in text
    assert "[redacted]" in written
    ElementTree.parse(telltale.directory / "junit.xml")


def test_an_open_under_way_when_the_run_is_stopped_is_ended_too(
    begin: Suite, broken: Any, eventually: Any
) -> None:
    process, wait = begin("--rule", "END-01", "--target", f"{broken.url}/slow-open")
    before = broken.sessions()
    eventually(lambda: len(broken.sessions()) > len(before))
    process.send_signal(signal.SIGINT)
    ended = wait()
    assert ended.code == 3
    assert broken.left_by(ended) == []


def test_an_open_that_is_not_answered_in_time_is_ended_too(judged: Suite) -> None:
    ended = judged("slow-open", "--rule", "END-01", "--timeout", "0.5")
    assert ended.code == 3
