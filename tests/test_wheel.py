"""Installed, only the name `adjourn` is claimed, and nothing of the user's gets in its way."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.serving import clean_environment

ROOT = Path(__file__).parent.parent
THEIRS = "raise SystemExit('a file of the user ran')\n"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder that holds modules of everybody's names."""
    for name in ("mock_server.py", "queue.py", "conformance/__init__.py", "adjourn/__init__.py"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(THEIRS)
    return tmp_path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "-q")
    subprocess.run([*pip, "wheel", "--no-deps", "-w", str(folder), str(ROOT)], check=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def commands(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands of an environment lie that holds the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    commands = folder / ("Scripts" if sys.platform == "win32" else "bin")
    install = ("-m", "pip", "-q", "install", "-c", str(ROOT / "constraints.txt"), str(wheel))
    subprocess.run([commands / "python", *install], check=True)
    return commands


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(XDG_CACHE_HOME=str(cwd), PYTHONDONTWRITEBYTECODE="1")
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_what_lies_where_the_suite_is_run_is_not_taken_for_the_mock(hostile: Path) -> None:
    ended = run(sys.executable, "-P", "-m", "adjourn.conformance", "--rule", "OPEN-01", cwd=hostile)
    assert ended.returncode == 0, ended.stderr
    assert "conformant" in ended.stdout


def test_a_command_is_told_as_it_was_given() -> None:
    ask = ("explain", "END-03")
    installed = run(sys.executable, "-m", "adjourn.conformance", *ask, cwd=ROOT)
    checkout = run(sys.executable, "-m", "conformance", *ask, cwd=ROOT)
    assert "run alone   adjourn-conformance --profile" in installed.stdout
    assert "run alone   python -m conformance --profile" in checkout.stdout


@pytest.mark.slow
def test_the_wheel_claims_one_name_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"adjourn"}
    assert {"adjourn/py.typed", "adjourn/data/openapi.yaml"} <= {*names}
    assert {n for n in names if n.startswith("adjourn/data/fixtures/")} == {
        f"adjourn/data/{file.relative_to(ROOT)}" for file in ROOT.glob("fixtures/**/*.*")
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mock_server", "conformance"])
def test_a_wheel_that_was_not_unpacked_is_told(wheel: Path, tmp_path: Path, name: str) -> None:
    begin = f"import sys; sys.path.insert(0, {str(wheel)!r}); import adjourn.{name}"
    ended = run(sys.executable, "-c", begin, cwd=tmp_path)
    told = f"ImportError: adjourn cannot be run from within {wheel}; install it with pip"
    assert ended.stderr.splitlines()[-1] == told


@pytest.mark.slow
def test_the_suite_judges_its_own_mock_from_a_hostile_folder(commands: Path, hostile: Path) -> None:
    ended = run(commands / "adjourn-conformance", "--profile", "smoke", cwd=hostile)
    assert ended.returncode == 0, ended.stderr
    assert "verdict   conformant" in ended.stdout


@pytest.mark.slow
def test_the_mock_is_served_from_a_hostile_folder(commands: Path, hostile: Path) -> None:
    with subprocess.Popen(
        [commands / "adjourn-mock", "--port", "0", "--json"],
        stdout=subprocess.PIPE, text=True, cwd=hostile, env=clean_environment(),
    ) as process:  # fmt: skip
        assert process.stdout
        facts = json.loads(process.stdout.readline())
        assert "agent-echo" in facts["agents"]
        assert httpx.get(f"{facts['url']}/readyz", trust_env=False).status_code == 200
        process.terminate()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mock_server", "conformance"])
@pytest.mark.parametrize("place", [".", "tests"])
def test_a_project_with_packages_of_these_names_goes_on(
    commands: Path, tmp_path: Path, name: str, place: str
) -> None:
    package = tmp_path / place / name
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("OURS = 1\n")
    (tmp_path / place / "test_ours.py").write_text(
        f"from {name} import OURS\ndef test_ours(): assert OURS\n"
        "def test_the_plugin(pytestconfig): pytestconfig.getoption('--adjourn-url')\n"
    )
    ended = run(commands / "pytest", "-q", "-p", "no:schemathesis", cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout
    assert "2 passed" in ended.stdout
