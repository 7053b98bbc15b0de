"""The README's lines do what it says that they do."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(title: str) -> str:
    """The first shell block below a heading."""
    found = re.search(rf"## {title}\n.*?```sh\n(.*?)```", README, re.DOTALL)
    assert found, f"the README has no shell block below {title!r}"
    return found.group(1)


def free_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return str(taken.getsockname()[1])


def test_the_ten_lines_open_finish_and_judge() -> None:
    """As written, but for the port and for nox, which would install all over again."""
    script = block("Ten lines").replace("4010", free_port())
    for session, module in (("mock", "mock_server"), ("conformance", "conformance")):
        script = script.replace(f".venv/bin/nox -s {session} --", f"{sys.executable} -m {module}")
    shell = subprocess.run(
        ["bash", "-euo", "pipefail", "-m", "-c", script],
        cwd=ROOT,
        env={**os.environ, "CONFORMANCE_PROFILE": "smoke"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert shell.returncode == 0, shell.stderr
    assert '"role":"assistant"' in shell.stdout
    assert '"final_reason":"agent_finish"' in shell.stdout
    assert re.search(r"verdict +conformant", shell.stdout)


def test_the_set_up_lines_are_what_ci_runs() -> None:
    """CI calls the README's own commands, so that neither can rot alone."""
    commands = README.split("```sh\n")[1].split("```")[0].strip().splitlines()
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert len(commands) == 2
    assert set(commands) <= set(script)
