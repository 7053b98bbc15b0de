"""What is written for containers, Kubernetes, pre-commit and editors names what is there."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_server.cli.main import main
from mock_server.http.pages import PROBES

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
IMAGE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def documents(name: str) -> list[Any]:
    return list(yaml.safe_load_all((ROOT / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["compose.yaml", "deploy/postgres.yaml", "deploy/kubernetes.yaml"])
def test_every_variable_is_an_option(name: str) -> None:
    options = {f"ADJOURN_{str(option.name).upper()}" for option in main.params}
    named = {*re.findall(r"\bADJOURN_\w+(?=:| *\n)", (ROOT / name).read_text(encoding="utf-8"))}
    assert named
    assert named <= options


def test_kubernetes_runs_the_image_as_it_is_built() -> None:
    deployment, service, *_ = documents("deploy/kubernetes.yaml")
    pod = deployment["spec"]["template"]["spec"]
    (mock,) = pod["containers"]
    assert {mock[f"{kind}Probe"]["httpGet"]["path"] for kind in ("readiness", "liveness")} == {
        *PROBES
    }
    (port,) = mock["ports"]
    assert f"EXPOSE {port['containerPort']}" in IMAGE
    user = pod["securityContext"]
    assert f"USER {user['runAsUser']}:{user['runAsGroup']}" in IMAGE
    assert service["spec"]["selector"] == deployment["spec"]["template"]["metadata"]["labels"]


def test_what_lies_beside_the_database_is_awaited() -> None:
    compose, overlay = documents("compose.yaml")[0], documents("deploy/postgres.yaml")[0]
    assert overlay["services"].keys() == {*compose["services"], "postgres"}
    assert "@postgres:5432/" in overlay["services"]["mock"]["environment"]["ADJOURN_DB"]


@pytest.mark.parametrize(("breaks", "code"), [(False, 0), (True, 1)])
def test_the_hook_judges_a_contract(breaks: bool, code: int, tmp_path: Path) -> None:
    ((hook,),) = documents(".pre-commit-hooks.yaml")
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    broken = text.replace("initial: active", "initial: nowhere")
    (tmp_path / "openapi.yaml").write_text(broken if breaks else text, encoding="utf-8")
    done = subprocess.run(
        [*shlex.split(hook["entry"]), *hook["args"]],
        cwd=tmp_path,
        env={"PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert re.fullmatch(hook["files"], "openapi.yaml")


def test_the_development_container_names_sessions_that_exist() -> None:
    told = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    (session,) = re.findall(r"nox -s (\w+)", told["postCreateCommand"])
    assert f"def {session}(" in noxfile


@pytest.mark.parametrize(
    ("program", "typed", "offered"),
    [
        ("adjourn-mock", "--demo-f", "--demo-fault"),
        ("adjourn-mock", "snap", "snapshot"),
        ("adjourn-conformance", "--prof", "--profile"),
    ],
)
def test_a_shell_completes(program: str, typed: str, offered: str) -> None:
    variable = f"_{program.upper().replace('-', '_')}_COMPLETE"
    asked = {variable: "bash_complete", "COMP_WORDS": f"{program} {typed}", "COMP_CWORD": "1"}
    done = subprocess.run(
        [BIN / program],
        env={"PATH": os.environ["PATH"], **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"plain,{offered}\n"
