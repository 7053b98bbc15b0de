"""The lines of docs/mock.md and docs/faults.md, run as they stand."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
HERE = Path(__file__).resolve().parents[2]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])


def run_lines(page, folder):
    """Everything that the page's shell blocks print, run in one shell from top to bottom."""
    text = (HERE / "docs" / page).read_text()
    script = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    for port in ("4010", "4020"):
        script = script.replace(port, free_port())
    mock = re.search(r"URL=(\S+)", script)[1]
    command = folder / "adjourn-mock"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m mock_server "$@"\n')
    command.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(HERE),
        "ADJOURN_URL": mock,
    }
    result = subprocess.run(
        ["bash", "-e", "-m", "-c", script], env=environment, cwd=folder, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Deprecation" not in result.stderr
    return result.stdout


def test_the_lines_on_faults_run(tmp_path):
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


def test_the_lines_on_the_mock_run(tmp_path):
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
