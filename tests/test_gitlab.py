"""`gitlab.yml`: its scripts, run in the shell of a runner that has no bash."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.serving import Answering, Api, answering

HERE = Path(__file__).parent.parent
TEMPLATE = (HERE / "gitlab.yml").read_text(encoding="utf-8")
SPEC, JOBS = yaml.safe_load_all(TEMPLATE)
INPUTS = SPEC["spec"]["inputs"]
MARK = "<!-- adjourn -->"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in whose folder Adjourn is installed."""
    (tmp_path / ".adjourn").symlink_to(Path(sys.prefix))
    return tmp_path


def play(
    project: Path, job: str, *more: str, ci: dict[str, str] | None = None, **inputs: str
) -> subprocess.CompletedProcess[str]:
    """Run a job as a runner does, and lines of its own behind."""
    assert inputs.keys() <= INPUTS.keys()
    values = {name: given["default"] for name, given in INPUTS.items()} | inputs
    variables = {
        name: values[text.removeprefix("$[[ inputs.").removesuffix(" ]]")]
        for name, text in JOBS[job]["variables"].items()
    }
    lines = [*JOBS[job].get("before_script", ()), *JOBS[job].get("script", ()), *more]
    given = {"CI_PROJECT_DIR": str(project), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    return subprocess.run(
        ["sh", "-e"],
        input="\n".join(lines),
        cwd=project,
        env={**given, **variables, **(ci or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_job_has_the_mock(project: Path) -> None:
    options = "--frozen-time\n2030-01-05T09:00:00Z\n\n"
    client = (
        "import json, os, urllib.request as r\n"
        "asked = r.Request(os.environ['ADJOURN_URL'] + '/api/v1/chats',"
        " json.dumps({'agent_id': 'agent-echo'}).encode(),"
        " {'Authorization': 'Bearer key-1', 'Content-Type': 'application/json'})\n"
        "print(r.urlopen(asked).read().decode())\n"
    )
    (project / "client.py").write_text(client)
    lines = ("python client.py", "kill $mock; wait $mock")
    done = play(project, ".adjourn-mock", *lines, token="key-1", options=options)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["created_time"].startswith("2030-01-05T09:00:00")


def test_a_mock_that_does_not_start_fails_the_job(project: Path) -> None:
    done = play(project, ".adjourn-mock", "echo on", options="--seed\nnowhere.yaml")
    assert done.returncode == 1
    assert "nowhere.yaml: cannot be read" in done.stderr
    assert done.stdout == ""


@pytest.mark.slow
def test_a_deployment_is_judged(project: Path) -> None:
    options = "--profile\nsmoke\n--repeats\n0"
    with Api.of() as api:
        fault = {"operation": "endChat", "fault": "SERVER_ERROR", "every": 3}
        api.admin("POST", "/faults", json=fault).raise_for_status()
        target = str(api.base_url)
        done = play(project, "adjourn-conformance", target=target, token="key-1", options=options)
    assert done.returncode == 1, done.stdout + done.stderr
    junit = (project / "conformance-report" / "junit.xml").read_text(encoding="utf-8")
    assert "<failure" in junit


@pytest.mark.parametrize(("there", "call"), [(False, "POST"), (True, "PUT")])
def test_the_note_of_a_merge_request_is_edited_not_repeated(
    project: Path, there: bool, call: str
) -> None:
    calls: list[tuple[str, str, Any]] = []
    pages = [[{"id": 1, "body": "hello"}], [{"id": 7, "body": MARK if there else "hello"}]]

    class Gitlab(Answering):
        def do_GET(self) -> None:
            self.answer(pages[int(self.path[-1]) - 1], "2" if self.path.endswith("1") else "")

        def do_POST(self) -> None:
            body = json.loads(self.taken())
            calls.append((self.command, self.path, body["body"]))
            assert self.headers["PRIVATE-TOKEN"] == "glpat"
            self.answer({}, "")

        do_PUT = do_POST

        def answer(self, value: Any, following: str) -> None:
            self.reply(200, json.dumps(value).encode(), x_next_page=following)

    suite = project / ".adjourn" / "bin" / "adjourn-conformance"
    (project / ".adjourn").unlink()
    suite.parent.mkdir(parents=True)
    (suite.parent / "python").symlink_to(sys.executable)
    (suite.parent / "adjourn-mock").symlink_to(sys.executable)
    suite.write_text("#!/bin/sh\nmkdir -p told\necho '## conformant' >told/summary.md\nexit 3\n")
    suite.chmod(0o755)
    with answering(Gitlab) as url:
        ci = {"CI_API_V4_URL": url, "CI_PROJECT_ID": "5", "CI_MERGE_REQUEST_IID": "12"}
        done = play(project, "adjourn-conformance", ci=ci, report="told", note_token="glpat")
    assert done.returncode == 3, done.stderr
    place = "/projects/5/merge_requests/12/notes" + ("/7" if there else "")
    assert calls == [(call, place, f"{MARK}\n## conformant\n")]


def test_a_run_that_is_refused_tells_nothing_of_an_earlier_one(project: Path) -> None:
    stale = project / "conformance-report" / "summary.md"
    stale.parent.mkdir()
    stale.write_text("stale")
    ci = {"CI_API_V4_URL": "http://127.0.0.1:1", "CI_PROJECT_ID": "5", "CI_MERGE_REQUEST_IID": "1"}
    done = play(project, "adjourn-conformance", ci=ci, target="localhost:1", note_token="glpat")
    assert done.returncode == 2
    assert "localhost:1" in done.stderr


@pytest.mark.slow
def test_a_job_installs_what_is_locked(tmp_path: Path) -> None:
    git = ("git", "-c", "advice.detachedHead=false")
    bare = tmp_path / "adjourn.git"
    subprocess.run([*git, "clone", "-q", "--bare", HERE, bare], check=True)
    subprocess.run([*git, "-C", bare, "tag", "v0", "HEAD"], check=True)
    project = tmp_path / "project"
    project.mkdir()
    lines = ("$home/bin/adjourn-mock --version", "kill $mock; wait $mock")
    quick = {"PIP_NO_COMPILE": "1"}
    done = play(project, ".adjourn-mock", *lines, ci=quick, repository=bare.as_uri(), ref="v0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("adjourn-mock ")
