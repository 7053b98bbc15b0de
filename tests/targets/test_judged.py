"""The suite, as a program, against the second server with planted faults of each pack."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from tests import programs

from .__main__ import AGENTS, KEYS, serving

# The fault, the rule that must say so, the profile, and what its curl lines print, which they
# would not print of a server without the fault; a timeout, watched from aside, has no lines.
PLANTED = [
    ("second-end-relabels", "END-03", "smoke", '"final_reason" ?: ?"operator"'),
]
SLOWLY = [
    ("ttl-early", "TTL-02", "ttl", ""),
    ("dedupe-in-inner-order", "DEDUP-02", "core", r"S1=(\S+)\s+S2=(?!\1)"),
    ("end-not-kept", "LIFE-13", "model", '"final_reason" ?: ?null'),
    ("end-races", "RACE-01", "races", "HTTP/1.1 409"),
    ("members-known-only", "HTTP-13", "generated", "HTTP/1.1 422"),
    ("hook-short", "HOOK-01", "webhooks", '"final_reason" ?: ?"user_end"'),
]


def free_address() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{found.getsockname()[1]}"


@pytest.mark.parametrize(
    ("fault", "rule", "profile", "shown"),
    [*PLANTED, *(pytest.param(*planted, marks=pytest.mark.slow) for planted in SLOWLY)],
)
def test_a_planted_fault_is_told_by_its_rule(
    fault: str, rule: str, profile: str, shown: str, tmp_path: Path
) -> None:
    hook = free_address() if profile == "webhooks" else None
    with serving(fault, hook and f"http://{hook}/") as url:
        command = ["-m", "conformance", "--target", url, "--report", str(tmp_path)]
        command += ["--profile", profile, "--strict", "--repeats", "0"]
        command += ["--rule", rule] if profile != "ttl" else []  # whose rules share their sessions
        command += ["--webhook-listen", hook] if hook else []
        for name, value in AGENTS.items():
            command += [f"--{name.replace('_', '-')}", value]
        environment = {**os.environ, "CONFORMANCE_TOKEN": KEYS["token"]}
        ended = programs.run(command, env=environment)
        assert ended.returncode == 1, ended.stdout + ended.stderr
        report = json.loads((tmp_path / "conformance.json").read_text(encoding="utf-8"))
        broken = {r["id"]: r for r in report["rules"] if r["outcome"] in ("fail", "warn")}
        assert rule in broken
        steps = broken[rule]["findings"][0]["steps"]
        story = "\n".join(step["curl"] for step in steps)
        told = subprocess.run(
            ["bash", "-c", story], env=environment, capture_output=True, text=True, check=False
        )
    assert told.returncode == 0, told.stderr
    assert re.search(shown, told.stdout), f"{story}\n{told.stdout}"
