"""The lines of docs/containers.md suit the image; no engine is needed to see that."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import click
import pytest

from conformance.cli.main import command as suite
from mock_server.cli.main import main as mock
from mock_server.http.pages import PROBES

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "containers.md").read_text("utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LABELS = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', DOCKERFILE))
IMAGE = f"{LABELS['title']}:{LABELS['version']}"
PROGRAMS = {"adjourn-mock": mock, "adjourn-conformance": suite}
(STARTED,) = re.findall(r'^ENTRYPOINT \["(.*)"\]$', DOCKERFILE, re.M)
PORT = re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.M)[0]

# What starts a container, done by a process that listens as the image's does.
STAND_IN = """
import json, os, subprocess, sys, urllib.request

class DockerContainer:
    def __init__(self, image):
        assert image == os.environ["IMAGE"], image
        self.env = {}
    def with_exposed_ports(self, *ports):
        self.ports = ports
        return self
    def with_env(self, name, value):
        self.env[name] = value
        return self
    def waiting_for(self, strategy):
        self.strategy = strategy
        return self
    def __enter__(self):
        listening = ("--host", "0.0.0.0", "--port", "0", "--json")
        command = [sys.executable, "-m", "mock_server", *listening]
        environment = {**os.environ, **self.env}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
        self.url = json.loads(self.process.stdout.readline())["url"]
        port, path = self.strategy
        assert self.ports == (port,)
        with urllib.request.urlopen(self.url + path) as answer:
            assert answer.status == 200
    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()
    def get_container_host_ip(self):
        return "127.0.0.1"
    def get_exposed_port(self, port):
        return int(self.url.rpartition(":")[2])
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\b[^\n]*\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def runs() -> list[list[str]]:
    """The words of each `docker run`."""
    lines = "".join(blocks("sh")).replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.startswith("docker run")]


def test_the_image_is_labelled_as_the_project() -> None:
    assert LABELS["title"] == PROJECT["name"]
    assert LABELS["version"] == PROJECT["version"]
    assert LABELS["licenses"] == PROJECT["license"]


def test_every_image_is_the_one_that_is_built() -> None:
    named = re.findall(r"\badjourn:[\w.]+", PAGE + (ROOT / "deploy/kubernetes.yaml").read_text())
    assert {*named} == {IMAGE}


@pytest.mark.parametrize("words", runs(), ids=lambda words: words[-1])
def test_what_is_run_is_a_program_with_options_of_its_own(words: list[str]) -> None:
    given = dict(pairwise(words))
    program = PROGRAMS[
        given.get("--entrypoint", re.findall(r'ENTRYPOINT \["(.*)"\]', DOCKERFILE)[0])
    ]
    click.Command("run", params=program.params).make_context("run", words[words.index(IMAGE) + 1 :])
    known = {"CONFORMANCE_TOKEN", *(f"ADJOURN_{option.name}".upper() for option in mock.params)}
    assert given["-e"].partition("=")[0] in known
    if "-p" in given:
        assert given["-p"].endswith(f":{PORT}:{PORT}")


@pytest.mark.parametrize("language", ["python", "ts"])
def test_a_container_is_awaited_where_the_image_listens(language: str) -> None:
    (code,) = blocks(language)
    assert {*re.findall(r"\b\d{4}\b(?=[),])", code)} - {"1800"} == {PORT}
    (awaited,) = re.findall(r'"(/\w+z)"', code)
    assert awaited in PROBES


@pytest.mark.slow
def test_the_python_that_starts_a_container_works_on_what_the_image_runs(tmp_path: Path) -> None:
    core = tmp_path / "testcontainers" / "core"
    core.mkdir(parents=True)
    (core / "container.py").write_text(STAND_IN)
    (core / "wait_strategies.py").write_text("HttpWaitStrategy = lambda port, path: (port, path)\n")
    (tmp_path / "test_chat.py").write_text(blocks("python")[0])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_chat.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "IMAGE": IMAGE},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
