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
import yaml

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
TUTORIALS = ("backend", "contract", "break-it", "own-api")
RUN = (
    *(f"docs/tutorials/{name}.md" for name in TUTORIALS),
    *(f"docs/{name}.md" for name in ("assistants", "contract", "faults", "mock", "triage")),
    "examples/tickets/README.md",
)
TOLD_ALONE = ("docs/suite.md", "docs/staging.md")  # of servers that a test does not have
ELSEWHERE = {
    "README.md": "test_readme.py",
    "CONTRIBUTING.md": "CI, which runs these sessions",
    "clients/js/README.md": "clients/js/tests/runners.test.ts",
    "docs/containers.md": "test_containers.py",
    "docs/tutorials/frontend.md": "below, with npm",
    "examples/web/README.md": "`nox -s js`, which runs these commands",
}
SHOWN = {  # by commands whose output a page does not repeat
    "docs/faults.md": (
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
    ),
    "docs/mock.md": (
        '"total_count":0',  # the other sandbox has nothing
        "session.final",  # fired by the advance of the clock
        "2030-01-05T09:31:00",
        '"count":',
        "event: session.opened",
        "adjourn_",  # metrics
    ),
    "docs/triage.md": ("verdict   conformant for the rule END-03",),
}


def told_commands(page: str) -> list[list[str]]:
    """The words of each command on a page, without comments, variables before it and ends."""
    blocks = BLOCK.findall((HERE / page).read_text("utf-8"))
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


def run_lines(page: str, folder: Path) -> str:
    """Everything that the page's code prints, run in one shell from top to bottom."""
    script = script_of((HERE / page).read_text("utf-8"))
    where = folder if page.startswith("docs/") else folder / "adjourn" / Path(page).parent
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
        env=environment, cwd=where, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Deprecation" not in result.stderr
    return result.stdout


def assert_keeps(page: str, told: str) -> None:
    """What a page says will be printed was printed, … standing for what may differ."""
    blocks = BLOCK.findall((HERE / page).read_text("utf-8"))
    lines = [
        line for language, _, code in blocks if language == "text" for line in code.split("\n")
    ]
    lines += [f"…{words}…" for words in SHOWN.get(page, ())]
    assert any(lines)
    for line in filter(None, lines):
        pattern = ".*".join(map(re.escape, line.split("…")))
        assert re.search(f"^{pattern}$", told, re.MULTILINE), f"{line}\nis not in\n{told}"


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN)
def test_a_page_leads_where_it_says(page: str, tmp_path: Path) -> None:
    assert_keeps(page, run_lines(page, tmp_path))


@pytest.mark.parametrize("page", RUN)
def test_a_wait_for_a_mock_names_the_port_that_it_was_given(page: str) -> None:
    lines = re.sub(r"\\\n", " ", script_of((HERE / page).read_text("utf-8"))).splitlines()
    starts = [line for line in lines if "adjourn-mock --port" in line]
    waits = [line for line in lines if "adjourn-mock healthcheck" in line]
    started = [re.findall(r" --port (\d+)", line) for line in starts]
    asked = [re.findall(r" --url http://127\.0\.0\.1:(\d+) ", line) for line in waits]
    assert asked == started[: len(asked)]


@pytest.mark.npm
def test_the_tutorial_for_a_frontend_leads_where_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHROMIUM", "/usr/bin/chromium")
    page = "docs/tutorials/frontend.md"
    assert_keeps(page, run_lines(page, tmp_path))


def test_the_pages_that_a_command_makes_are_current() -> None:
    # In a process of its own: click keeps the help of a command as its first caller had it.
    check = [sys.executable, "-m", "tests.reference", "--check"]
    told = subprocess.run(check, cwd=HERE, capture_output=True, text=True)
    assert told.returncode == 0, f"`python -m tests.reference` mends {told.stderr}"


def test_no_page_with_commands_is_left_out() -> None:
    pages = [*HERE.glob("*.md"), *HERE.glob("docs/**/*.md"), *HERE.glob("[ce]*/*/*.md")]
    told = {page.relative_to(HERE).as_posix(): page.read_text("utf-8") for page in pages}
    assert {name for name, text in told.items() if "```sh" in text} == {
        *RUN, *TOLD_ALONE, *ELSEWHERE
    }  # fmt: skip
    (sessions,) = [{*re.findall(r"^def (\w+)\(session", (HERE / "noxfile.py").read_text(), re.M)}]
    assert {*re.findall(r"nox -s ([a-z]\w*)", "".join(told.values()))} <= sessions


def test_ci_is_told_of_what_action_template_and_hook_take() -> None:
    action, template, hooks = (
        next(yaml.safe_load_all((HERE / name).read_text("utf-8")))
        for name in ("action.yml", "gitlab.yml", ".pre-commit-hooks.yaml")
    )
    pages = (HERE / page for page in ("docs/tutorials/backend.md", "docs/suite.md"))
    blocks = BLOCK.findall("".join(page.read_text("utf-8") for page in pages))
    told = [yaml.safe_load(code) for language, _, code in blocks if language == "yaml"]
    workflow, *actions, jobs, commit = told
    steps = [*workflow["jobs"]["conformance"]["steps"], *(step for one in actions for step in one)]
    given = [step["with"] for step in steps if "OWNER" in step.get("uses", "")]
    assert [{*one} - {*action["inputs"]} for one in given] == [set()] * 3
    for one in given:
        program = suite if "target" in one else mock
        told_alone = click.Command("told", params=program.params)
        told_alone.make_context("told", one["options"].splitlines())
    assert {*jobs["include"][0]["inputs"]} <= {*template["spec"]["inputs"]}
    assert commit["repos"][0]["hooks"] == [{"id": hooks[0]["id"]}]


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
