"""The suite, as a program, against the second server with one planted fault for each pack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .__main__ import AGENTS, KEYS, serving

# The fault, the rule that must say so, the profile, and what the curl lines show of it.
PLANTED = [
    ("second-end-relabels", "END-03", "smoke", "final_reason"),
    ("dedupe-in-inner-order", "DEDUP-02", "core", "S2="),
    ("end-races", "RACE-01", "races", "/end"),
    ("members-known-only", "HTTP-13", "generated", "422"),
]


@pytest.mark.parametrize(("fault", "rule", "profile", "shown"), PLANTED)
def test_a_planted_fault_is_told_by_its_rule(
    fault: str, rule: str, profile: str, shown: str, tmp_path: Path
) -> None:
    with serving(fault, None) as url:
        command = [sys.executable, "-m", "conformance", "--target", url, "--report", str(tmp_path)]
        command += ["--profile", profile, "--rule", rule, "--strict", "--repeats", "0"]
        for name, value in AGENTS.items():
            command += [f"--{name.replace('_', '-')}", value]
        environment = {**os.environ, "CONFORMANCE_TOKEN": KEYS["token"]}
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
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
    assert shown in story + told.stdout
