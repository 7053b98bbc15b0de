"""The README's lines do what it says that they do."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = {
    "adjourn-mock": "mock_server",
    "adjourn-conformance": "conformance",
    ".venv/bin/nox -s kill_matrix --": "tests.kill_matrix",
    ".venv/bin/nox -s targets --": "tests.targets",
}
FRONTEND, BACKEND, CONTRACT = "I build a frontend", "I run a backend", "I own the contract"


def lines_below(title: str) -> str:
    """The shell block below a heading, run from this checkout, which installs nothing."""
    found = re.search(rf"## {title}\n.*?```sh\n(.*?)```", README, re.DOTALL)
    assert found, f"the README has no shell block below {title!r}"
    assert len(found[1].splitlines()) == 5
    script = found[1]
    for program, module in PROGRAMS.items():
        script = re.sub(
            rf"^{re.escape(program)}", f"{sys.executable} -m {module}", script, flags=re.MULTILINE
        )
    assert "nox -s" not in script
    return script


def free_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return str(taken.getsockname()[1])


def run_in_shell(script: str, folder: Path) -> str:
    """What the lines print; what they leave in the background is ended."""
    shell = subprocess.run(
        ["bash", "-euo", "pipefail", "-m", "-c", f"trap 'kill %1 2>/dev/null || :' EXIT\n{script}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shell.returncode == 0, shell.stdout + shell.stderr
    return shell.stdout


def test_a_frontend_has_a_session_that_times_out(tmp_path: Path) -> None:
    told = run_in_shell(lines_below(FRONTEND).replace("4010", free_port()), tmp_path)
    assert '"role":"assistant"' in told
    assert '"reason":"ttl"' in told


@pytest.mark.slow
def test_the_mock_of_the_first_door_is_judged_in_the_second(tmp_path: Path) -> None:
    lines = (lines_below(FRONTEND) + lines_below(BACKEND)).replace("4010", free_port())
    told = run_in_shell(lines, tmp_path)
    assert re.search(r"verdict +conformant for the profile smoke", told)
    assert re.search(r"verdict +conformant for the profile core", told)
    assert "conformance/checks/kinds/transitions.py:" in told
    assert (tmp_path / "conformance-report" / "report.html").exists()


@pytest.mark.slow
def test_an_owner_of_the_contract_measures_the_suite() -> None:
    told = run_in_shell(lines_below(CONTRACT), ROOT)
    assert "the contract is sound" in told
    assert "2 of 2 mutants are killed by their own rule" in told
    assert "1 of 1 faults of the second server caught" in told


def test_the_set_up_lines_are_what_ci_runs() -> None:
    """CI calls the README's own commands, so that neither can rot alone."""
    commands = README.split("```sh\n")[1].split("```")[0].strip().splitlines()
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert len(commands) == 2
    assert all(command in script for command in commands)


@pytest.mark.parametrize(
    "page",
    [
        *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"),
        *(str(page.relative_to(ROOT)) for page in sorted(ROOT.glob("docs/**/*.md"))),
    ],
)
def test_every_link_within_the_project_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\((?!http)([^)]*)\)", text)]
    assert [
        link for link in links if link and not (ROOT / page).parent.joinpath(link).exists()
    ] == []
