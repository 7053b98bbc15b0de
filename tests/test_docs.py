"""The code on the pages of `docs/`, run as it stands; and the pages that are made by a command."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest

from conformance.cli.main import command as suite
from mock_server.cli.main import main as mock

HERE = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```', re.DOTALL | re.MULTILINE)
PROGRAMS = {
    "adjourn-mock": ("-m", "mock_server"),
    "adjourn-conformance": ("-m", "conformance"),
    "python": (),
}
INSTALLATION = re.compile(  # the programs are there already, as below
    r"python3 -m venv .venv && . .venv/bin/activate\npip install -q '?\./adjourn.*\n"
)
COMPLETED = {
    "adjourn-mock sand": "sandboxes",
    "adjourn-mock '--choice ttl_'": "ttl_range=reject ttl_range=clamp",
    "adjourn-mock '--demo-fault second'": "second-end",
    "adjourn-conformance expl": "explain",
    "adjourn-conformance 'explain end-03'": "END-03",
    "adjourn-conformance '--rule END-03'": "END-03",
    "adjourn-conformance '--profile smoke,c'": "smoke,core",
}
COMMANDS = {"adjourn-mock": mock, "adjourn-conformance": suite}
TOLD_ALONE = ("suite.md", "staging.md")  # of servers that a test does not have


def told_commands(page: str) -> list[list[str]]:
    """The words of each command on a page, without comments, variables before it and ends."""
    blocks = BLOCK.findall((HERE / "docs" / page).read_text("utf-8"))
    text = "\n".join(code for language, _, code in blocks if language == "sh")
    lines = re.sub(r"\\\n", " ", text).splitlines()
    split = [shlex.split(line.replace(" …", " "), comments=True) for line in lines]
    found = [[word for word in words if not re.match("[A-Z_]+=", word)] for words in split]
    return [words for words in found if words and words[0] in COMMANDS]


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])


def script_of(text: str) -> str:
    """The page's shell blocks, and its files with a title, in the order of the page."""
    parts = []
    for language, title, code in BLOCK.findall(text):
        if title:
            parts.append(
                f"mkdir -p $(dirname {title}); cat > {title} <<'END_OF_FILE'\n{code}END_OF_FILE"
            )
        elif language == "sh":
            parts.append(code)
    return INSTALLATION.sub("", "\n".join(parts))


def run_lines(page: str, folder: Path, where: str = ".") -> str:
    """Everything that the page's code prints, run in one shell from top to bottom."""
    script = script_of((HERE / "docs" / page).read_text("utf-8"))
    for port in ("4010", "4020", "5173", "8001"):
        script = script.replace(port, free_port())
    (folder / "bin").mkdir()
    for name, arguments in PROGRAMS.items():
        command = folder / "bin" / name
        command.write_text(f'#!/bin/sh\nexec {sys.executable} {" ".join(arguments)} "$@"\n')
        command.chmod(0o755)
    left_out = shutil.ignore_patterns(".*", "node_modules", "dist", "site", "__pycache__")
    shutil.copytree(HERE, folder / "adjourn", ignore=left_out)
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(HERE),
    }
    if "adjourn-mock" in script:
        (environment["ADJOURN_URL"],) = re.findall(r"http://127.0.0.1:\d+", script)[:1]
    result = subprocess.run(
        ["bash", "-e", "-m", "-c", f"trap 'kill %1 2>/dev/null || :' EXIT\n{script}"],
        env=environment, cwd=folder / where, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Deprecation" not in result.stderr
    return result.stdout


def assert_keeps(page: str, told: str) -> None:
    """What a page says will be printed was printed, … standing for what may differ."""
    blocks = BLOCK.findall((HERE / "docs" / page).read_text("utf-8"))
    lines = [
        line for language, _, code in blocks if language == "text" for line in code.split("\n")
    ]
    assert any(lines)
    for line in filter(None, lines):
        pattern = ".*".join(map(re.escape, line.split("…")))
        assert re.search(f"^{pattern}$", told, re.MULTILINE), f"{line}\nis not in\n{told}"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["backend", "contract", "break-it", "own-api"])
def test_a_tutorial_leads_where_it_says(name: str, tmp_path: Path) -> None:
    page = f"tutorials/{name}.md"
    assert_keeps(page, run_lines(page, tmp_path))


@pytest.mark.npm
def test_the_tutorial_for_a_frontend_leads_where_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHROMIUM", "/usr/bin/chromium")
    page = "tutorials/frontend.md"
    assert_keeps(page, run_lines(page, tmp_path))


def test_the_pages_that_a_command_makes_are_current() -> None:
    # In a process of its own: click keeps the help of a command as its first caller had it.
    check = [sys.executable, "-m", "tests.reference", "--check"]
    told = subprocess.run(check, cwd=HERE, capture_output=True, text=True)
    assert told.returncode == 0, f"`python -m tests.reference` mends {told.stderr}"


@pytest.mark.slow
def test_the_lines_on_tickets_lead_where_they_say(tmp_path: Path) -> None:
    page = "../examples/tickets/README.md"
    assert_keeps(page, run_lines(page, tmp_path, "adjourn/examples/tickets"))


@pytest.mark.slow
def test_the_steps_on_the_contract_lead_where_they_say(tmp_path: Path) -> None:
    assert_keeps("contract.md", run_lines("contract.md", tmp_path))


@pytest.mark.slow
def test_an_assistant_is_answered_as_its_page_says(tmp_path: Path) -> None:
    assert_keeps("assistants.md", run_lines("assistants.md", tmp_path))


@pytest.mark.slow
def test_the_lines_on_faults_run(tmp_path: Path) -> None:
    told = run_lines("faults.md", tmp_path)
    for shown in (
        "preference-applied: code=409, example=duplicate",
        "The contract has no status",
        "no answer: 52",
        '"webhook-signature":"v1,',
        '"agentId":"agent-mine"',
        "/problems/too-many-requests",
        "x-mock-violations: [",
        "  query /take: wanted",
        '"violations":[{"in":"query"',
        "Coverage of the contract:",
    ):
        assert shown in told, told


@pytest.mark.slow
def test_the_lines_on_the_mock_run(tmp_path: Path) -> None:
    told = run_lines("mock.md", tmp_path)
    for shown in (
        '"total_count":0',  # the other sandbox has nothing
        "session.final",  # fired by the advance of the clock
        "2030-01-05T09:31:00",
        '"count":',
        "event: session.opened",
        "adjourn_",  # metrics
    ):
        assert shown in told, told


@pytest.mark.parametrize(
    "words", [words for page in TOLD_ALONE for words in told_commands(page)], ids=" ".join
)
def test_a_command_that_is_told_has_these_options(words: list[str]) -> None:
    program: click.Command = COMMANDS[words[0]]
    given = words[1:]
    if isinstance(program, click.Group) and given and given[0] in program.commands:
        program, given = program.commands[given[0]], given[1:]
    click.Command("told", params=program.params).make_context("told", given)


@pytest.mark.slow
def test_a_second_opinion_is_given(tmp_path: Path) -> None:
    told = run_lines("triage.md", tmp_path)
    assert "verdict   conformant for the rule END-03" in told


def test_a_shell_completes_both_commands() -> None:
    blocks = BLOCK.findall((HERE / "docs" / "suite.md").read_text("utf-8"))
    (lines,) = (code for language, _, code in blocks if language == "bash")
    asked = (
        "completed() { COMP_WORDS=($1 $2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()\n"
        "_${1//-/_}_completion $1; echo ${COMPREPLY[@]}; }\n"
    ) + "".join(f"completed {words}\n" for words in COMPLETED)
    installed = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    shell = subprocess.run(
        ["bash", "-c", lines + asked], env=installed, capture_output=True, text=True, check=False
    )
    assert shell.stdout.splitlines() == [*COMPLETED.values()], shell.stderr
