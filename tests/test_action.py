"""`action.yml`: its steps, run in a shell that has what a runner has."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from tests.serving import Api

HERE = Path(__file__).parent.parent
ACTION = yaml.safe_load((HERE / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
MARK = "<!-- adjourn -->"


class Runner:
    """Runs steps as a runner does: files for outputs and environment, inputs in the step's own."""

    def __init__(self, folder: Path) -> None:
        self.temporary = folder / "runner"
        self.workspace = folder / "workspace"
        for made in (self.temporary, self.workspace, folder / "bin"):
            made.mkdir()
        self.files = {
            name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STEP_SUMMARY")
        }
        for file in self.files.values():
            file.touch()
        self.path = f"{folder / 'bin'}:{Path(sys.executable).parent}:/usr/bin:/bin"
        self.bin = folder / "bin"

    def run(self, name: str, **values: str) -> subprocess.CompletedProcess[str]:
        """Run a step; the values of its own environment are given by their names there."""
        step = STEPS[name]
        assert values.keys() >= step.get("env", {}).keys()
        environment = {
            "PATH": self.path,
            "HOME": str(self.temporary),
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_ACTION_PATH": str(HERE),
            "GITHUB_REPOSITORY": "we/app",
            **{name: str(file) for name, file in self.files.items()},
            **values,
        }
        shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"])
        return subprocess.run(
            shell, cwd=self.workspace, env=environment, capture_output=True, text=True, check=False
        )

    def outputs(self) -> dict[str, str]:
        lines = self.files["GITHUB_OUTPUT"].read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner where the project is installed."""
    made = Runner(tmp_path)
    (made.temporary / "adjourn").symlink_to(Path(sys.prefix))
    return made


@pytest.mark.slow
def test_the_action_installs_what_is_locked(tmp_path: Path) -> None:
    made = Runner(tmp_path)
    done = made.run("Install", HOME=str(Path.home()), PIP_NO_COMPILE="1")  # from pip's own cache
    assert done.returncode == 0, done.stderr
    command = made.temporary / "adjourn" / "bin" / "adjourn-mock"
    told = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("adjourn-mock ")


def stop(runner: Runner) -> None:
    """End the mock that a step has left running, as the end of a job does."""
    mine = str(runner.temporary)
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"RUNNER_TEMP={mine}" in (process / "environ").read_text():
                os.kill(int(process.name), signal.SIGKILL)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")
def test_the_mock_is_served_to_the_steps_that_follow(runner: Runner) -> None:
    options = "--frozen-time\n2030-01-05T09:00:00Z\n\n"
    try:
        done = runner.run("Serve the mock", TOKEN="key-1", OPTIONS=options)
        assert done.returncode == 0, done.stderr
        url = runner.outputs()["url"]
        assert runner.files["GITHUB_ENV"].read_text() == f"ADJOURN_URL={url}\n"
        with Api.at(url) as api:
            assert api.open()["created_time"].startswith("2030-01-05T09:00:00")
            assert api.get("/api/v1/chats", headers={"Authorization": "Bearer no"}).is_error
    finally:
        stop(runner)


def test_a_mock_that_does_not_start_fails_the_step(runner: Runner) -> None:
    done = runner.run("Serve the mock", TOKEN="", OPTIONS="--seed\nnowhere.yaml")
    assert done.returncode == 1
    assert "nowhere.yaml: cannot be read" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("code", "verdict"), [(0, "conformant"), (1, "non-conformant")])
def test_a_deployment_is_judged(runner: Runner, code: int, verdict: str) -> None:
    with Api.of() as api:
        if code:
            fault = {"operation": "endChat", "fault": "SERVER_ERROR", "every": 3}
            api.admin("POST", "/faults", json=fault).raise_for_status()
        given = {"TARGET": str(api.base_url), "TOKEN": "key-1", "REPORT": "told"}
        options = "--profile\nsmoke\n--repeats\n0"
        done = runner.run("Judge the deployment", OPTIONS=options, **given)
    assert done.returncode == code, done.stdout + done.stderr
    assert runner.outputs() == {"verdict": verdict}
    errors = [line for line in done.stdout.splitlines() if line.startswith("::error title=")]
    assert bool(errors) == bool(code)
    assert verdict in runner.files["GITHUB_STEP_SUMMARY"].read_text()
    report = json.loads((runner.workspace / "told" / "conformance.json").read_text())
    assert len(errors) == sum(rule["outcome"] == "fail" for rule in report["rules"])


def test_a_run_that_is_refused_fails_the_step_with_its_reason(runner: Runner) -> None:
    stale = runner.workspace / "told" / "conformance.json"
    stale.parent.mkdir()
    rule = {"id": "END-03", "outcome": "fail", "text": "stale", "reason": "stale"}
    stale.write_text(json.dumps({"verdict": "non-conformant", "rules": [rule]}))
    (stale.parent / "summary.md").write_text("stale")
    given = {"TARGET": "localhost:1", "TOKEN": "", "OPTIONS": "", "REPORT": "told"}
    done = runner.run("Judge the deployment", **given)
    assert (done.returncode, runner.outputs()) == (2, {})
    assert "localhost:1" in done.stderr
    assert "stale" not in done.stdout
    comment = {"GH_TOKEN": "t", "NUMBER": "12", "REPORT": "told"}
    assert runner.run("Comment on the pull request", **comment).returncode == 0


@pytest.mark.parametrize(("there", "method"), [("", "POST"), ("7", "PATCH")])
def test_the_comment_on_a_pull_request_is_edited_not_repeated(
    runner: Runner, there: str, method: str
) -> None:
    gh = runner.bin / "gh"
    gh.write_text(
        '#!/bin/sh\necho "$@" >>"$RUNNER_TEMP/calls"\n'
        f'case "$*" in *paginate*) printf "{there}";; esac\n'
    )
    gh.chmod(0o755)
    (runner.workspace / "told").mkdir()
    (runner.workspace / "told" / "summary.md").write_text("## conformant\n")
    step = runner.run("Comment on the pull request", GH_TOKEN="t", NUMBER="12", REPORT="told")
    assert step.returncode == 0, step.stderr
    _, call = (runner.temporary / "calls").read_text().splitlines()
    place = f"comments/{there}" if there else "issues/12/comments"
    assert (place in call, "PATCH" in call) == (True, method == "PATCH")
    body = (runner.temporary / "adjourn-comment.md").read_text()
    assert body == f"{MARK}\n## conformant\n"
