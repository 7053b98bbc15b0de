"""The example for pytest users, run as they would run it, alone and by two workers."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest

from mock_server.testing import running_mock
from tests.serving import Api, wait_until

HERE = Path(__file__).resolve().parents[2]
# By name, so that it is there whether the project is installed or not.
PLUGINS = ["-p", "mock_server.pytest_plugin", "-p", "xdist"]

SCRIPT = """
import json, os, pathlib
import httpx, pytest

@pytest.mark.parametrize("number", [1, 2])
def test_script(adjourn_sandbox, adjourn_clock, number):
    adjourn_clock.freeze("2030-01-05T09:00:00Z")
    headers = {"Authorization": "Bearer any", **adjourn_sandbox.headers}
    with httpx.Client(base_url=adjourn_sandbox.url, headers=headers, trust_env=False) as api:
        seen = []
        for text in ("one", "bye"):
            opened = api.post("/api/v1/chats", json={"agent_id": "agent-closer"}).json()
            path = f"/api/v1/chats/{opened['id']}"
            adjourn_clock.advance("PT1M")
            turn = api.post(f"{path}/messages", json={"content": text}).json()
            seen += [opened, turn, api.get(path).json()]
        seen.append(api.get("/api/v1/chats?state=all").json())
    worker = os.environ["PYTEST_XDIST_WORKER"]
    pathlib.Path(f"{number}.json").write_text(json.dumps([worker, adjourn_sandbox.name, seen]))
"""


def run_pytest(*arguments, cwd):
    return run_plain_pytest(*PLUGINS, *arguments, cwd=cwd, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")


def run_plain_pytest(*arguments, cwd, paths=(HERE,), **variables):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), **variables}
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, env=environment, check=False
    )


def test_the_example_passes():
    result = run_pytest("examples/pytest", cwd=HERE)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "5 passed" in result.stdout


@pytest.mark.slow
def test_the_example_passes_where_warnings_are_errors():
    result = run_pytest("-W", "error", "examples/pytest", cwd=HERE)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
def test_the_projects_entry_point_is_all_that_pytest_needs(tmp_path):
    project = tomllib.loads((HERE / "pyproject.toml").read_text("utf-8"))["project"]
    name, module = "adjourn", project["entry-points"]["pytest11"]["adjourn"]
    installed = tmp_path / "adjourn-0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: adjourn\nVersion: 0\n")
    (installed / "entry_points.txt").write_text(f"[pytest11]\n{name} = {module}\n")
    example = shutil.copytree(HERE / "examples/pytest", tmp_path / "example")
    result = run_plain_pytest("--rootdir", ".", cwd=example, paths=(tmp_path, HERE))
    assert result.returncode == 0, result.stdout + result.stderr
    assert "5 passed" in result.stdout


@pytest.mark.slow
def test_two_workers_on_one_mock_see_the_same_and_never_meet(tmp_path):
    (tmp_path / "test_script.py").write_text(SCRIPT)
    with running_mock() as mock:
        both = run_pytest(
            "-n", "2", "--dist", "load", "--adjourn-url", mock.url, "--rootdir", ".", cwd=tmp_path
        )
    assert both.returncode == 0, both.stdout + both.stderr
    one, other = (json.loads((tmp_path / f"{number}.json").read_text()) for number in (1, 2))
    assert {one[0], other[0]} == {"gw0", "gw1"}
    assert one[1] != other[1]
    assert one[2] == other[2]
    assert one[2][-1]["total_count"] == 2


@pytest.mark.slow
def test_the_example_passes_against_a_plain_mock():
    with Api.of(token=None) as plain:
        result = run_pytest("--adjourn-url", str(plain.base_url), "examples/pytest", cwd=HERE)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "5 passed" in result.stdout


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", pytest.param("127.0.0.1:4010", marks=pytest.mark.slow)]
)
def test_a_url_without_a_mock_is_told_in_a_line(url):
    result = run_pytest("--adjourn-url", url, "examples/pytest", "-k", "lost_reply", cwd=HERE)
    assert result.returncode == 1
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("--adjourn-url")]
    assert url in line
    assert "Traceback" not in result.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--adjourn-ca", "missing.pem"], "--adjourn-ca missing.pem: No such file"),
        (["--adjourn-client-cert", "a.pem,a.key"], "--adjourn-client-cert a.pem with a.key"),
        (["--adjourn-client-cert", ",a.key"], "--adjourn-client-cert ',a.key': wanted FILE"),
        (["--adjourn-proxy", "ftp://u:hush@p"], "--adjourn-proxy: wanted an http, https or socks5"),
        (["--adjourn-header", "hush"], "--adjourn-header without a colon: wanted"),
    ],
)
def test_a_way_that_cannot_be_gone_is_told_before_any_test(options, told):
    result = run_pytest(*options, "--adjourn-url", "http://a.test", "examples/pytest", cwd=HERE)
    assert result.returncode == 4
    assert told in result.stderr
    assert "hush" not in result.stderr


def test_a_mock_that_speaks_no_http_2_is_told_with_the_option():
    words = ("--adjourn-http2", "examples/pytest", "-k", "lost_reply")
    with running_mock() as mock:
        result = run_pytest("--adjourn-url", mock.url, *words, cwd=HERE)
    assert "speaks no HTTP/2: see --adjourn-http2" in result.stdout


def test_that_no_certificate_is_checked_is_said(tmp_path):
    told = run_pytest("-v", "--rootdir", ".", "--adjourn-insecure", cwd=tmp_path).stdout
    assert "--adjourn-insecure: no certificate of a server is checked" in told


def test_the_plugin_costs_nothing_when_it_is_not_used(tmp_path):
    (tmp_path / "test_plain.py").write_text(
        "import sys\n"
        "def test_plain():\n"
        "    assert 'mock_server.testing' not in sys.modules\n"
        "    assert 'connexion' not in sys.modules\n"
        "    assert 'uvicorn' not in sys.modules\n"
    )
    result = run_pytest("--rootdir", ".", cwd=tmp_path)
    assert result.returncode == 0, result.stdout


@pytest.mark.slow
def test_a_refused_call_of_the_control_plane_says_why():
    from mock_server.testing import open_sandbox

    with running_mock() as mock, open_sandbox(mock, "why") as sandbox:
        with pytest.raises(AssertionError, match="GREMLINS"):
            sandbox.admin("POST", "/faults", {"fault": "GREMLINS"})


@pytest.mark.slow
def test_the_mock_keeps_its_time_while_a_test_freezes_its_own(tmp_path):
    (tmp_path / "test_frozen.py").write_text(
        "import httpx\n"
        "from freezegun import freeze_time\n"
        "def test_slow(adjourn_sandbox):\n"
        "    headers = {'Authorization': 'Bearer x', **adjourn_sandbox.headers}\n"
        "    with httpx.Client(base_url=adjourn_sandbox.url, headers=headers) as client:\n"
        "        with freeze_time('2030-01-01'):\n"
        "            body = {'agent_id': 'agent-slow'}\n"
        "            id = client.post('/api/v1/chats', json=body).json()['id']\n"
        "            turn = {'content': 'x'}\n"
        "            told = client.post(f'/api/v1/chats/{id}/messages', json=turn, timeout=30)\n"
        "            assert told.status_code == 200\n"
    )
    result = run_pytest("--rootdir", ".", cwd=tmp_path)
    assert result.returncode == 0, result.stdout


@pytest.mark.slow
def test_no_module_beside_the_tests_takes_the_place_of_pythons_own(tmp_path):
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "token.py").write_text("raise RuntimeError('of the tests')\n")
    (folder / "test_plain.py").write_text("def test_plain(adjourn_mock): assert adjourn_mock.url\n")
    result = run_pytest("--rootdir", ".", "tests", cwd=tmp_path)
    assert result.returncode == 0, result.stdout


@pytest.mark.slow
def test_a_mock_that_cannot_start_says_why(tmp_path):
    with pytest.raises(ValueError, match=r"missing\.yaml: cannot be read"):
        with running_mock(seed=tmp_path / "missing.yaml"):
            pass


def test_a_mock_ends_with_the_process_that_started_it():
    begin = (
        "import os\n"
        "from mock_server.testing import running_mock\n"
        "with running_mock() as mock:\n"
        "    print(mock.url, flush=True)\n"
        "    os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", begin], capture_output=True, text=True, check=True)
    url = done.stdout.strip()
    wait_until(lambda: not is_answered(url))


def is_answered(url):
    try:
        return httpx.get(f"{url}/livez", trust_env=False).is_success
    except httpx.TransportError:
        return False
