"""Both programs in surroundings that lack something: a home, a name, a place to write, a reader."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, CompletedProcess

import httpx
import pytest

from tests.serving import TOKEN, Api, clean_environment

START = """
import runpy, sys
{first}
sys.argv[0] = {name!r}
runpy.run_module({name!r}, run_name="__main__", alter_sys=True)
"""
# What a container says of a user whom nobody has named, as OpenShift starts them.
NAMELESS = """
import pwd
def nobody(*_):
    raise KeyError("no such user")
pwd.getpwuid = pwd.getpwnam = nobody
"""
pytestmark = pytest.mark.slow  # each starts a program of its own

UNWRITABLE = Path("/sys")  # where not even root may write
SILENT = {"PYTHONDONTWRITEBYTECODE": "1"}
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="its kernel has such a folder")


def command(name: str, *words: str, first: str = "") -> list[str]:
    return [sys.executable, "-c", START.format(name=name, first=first), *words]


def environment(**extra: str) -> dict[str, str]:
    """That of a user without a home, or of one that is told."""
    homes = ("HOME", "XDG_CACHE_HOME", "USERPROFILE", "LOGNAME", "USER", "TMPDIR")
    kept = {k: v for k, v in clean_environment().items() if k not in homes}
    return {**kept, **SILENT, "CONFORMANCE_TOKEN": TOKEN, **extra}


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with Api.of() as api:
        yield str(api.base_url)


def verify(
    url: str, *words: str, first: str = "", cwd: Path, **extra: str
) -> CompletedProcess[str]:
    """One rule of the suite against a mock."""
    given = ("--target", url, "--agent", "agent-echo", "--rule", "GET-02", *words)
    line = command("conformance", *given, first=first)
    return subprocess.run(line, cwd=cwd, env=environment(**extra), capture_output=True, text=True)


def expect_served(cwd: Path, first: str = "", **extra: str) -> None:
    """The mock starts, serves a session, and stops without a word."""
    line = command("mock_server", "--port", "0", "--json", first=first)
    with subprocess.Popen(
        line, cwd=cwd, env=environment(**extra), stdout=PIPE, stderr=PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        if told:
            with Api.at(json.loads(told)["url"]) as api:
                assert api.open()["is_final"] is False
        process.terminate()
        _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")


def test_the_mock_serves_a_user_without_a_home_or_a_name(tmp_path: Path) -> None:
    expect_served(tmp_path, NAMELESS)


def test_the_suite_judges_for_a_user_without_a_home_or_a_name(mock: str, tmp_path: Path) -> None:
    done = verify(mock, "--report", "report", first=NAMELESS, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    report = json.loads((tmp_path / "report" / "conformance.json").read_text("utf-8"))
    assert report["verdict"] == "conformant"


@on_linux
def test_the_mock_serves_where_nothing_can_be_written() -> None:
    nowhere = str(UNWRITABLE / "none")
    expect_served(UNWRITABLE, HOME=nowhere, TMPDIR=nowhere, XDG_CACHE_HOME=nowhere)


@on_linux
def test_the_suite_says_its_verdict_where_nothing_can_be_written(mock: str) -> None:
    nowhere = str(UNWRITABLE / "none")
    places = {"HOME": nowhere, "TMPDIR": nowhere, "GITHUB_STEP_SUMMARY": nowhere}
    done = verify(mock, cwd=UNWRITABLE, **places)
    assert "conformant" in done.stdout, done.stderr
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@on_linux
def test_the_suite_says_that_its_folder_is_gone(mock: str, tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    done = verify(mock, first=f"import os\nos.rmdir({str(folder)!r})", cwd=folder)
    assert done.returncode == 2
    told = "conformance: the working directory cannot be found: No such file or directory"
    assert done.stderr.splitlines() == [told]


FOR_OTHERS = [
    {
        "PYTHONWARNINGS": "error",
        **{"SSLKEYLOGFILE": "/no-such-folder/keys", "REQUESTS_CA_BUNDLE": "/no-such-file"},
        **{"COLUMNS": "1", "LINES": "1", "CI": "true", "LC_ALL": "C", "PYTHONUTF8": "0"},
    },
    {"PYTHONOPTIMIZE": "2"},
]
for_others = pytest.mark.parametrize("variables", FOR_OTHERS, ids=lambda given: next(iter(given)))


@for_others
def test_what_is_set_for_other_programs_changes_no_verdict(
    mock: str, tmp_path: Path, variables: dict[str, str]
) -> None:
    (tmp_path / "conftest.py").write_text("raise RuntimeError('a project of its own')")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "schemathesis.toml").write_text("no-such-key = [")
    done = verify(mock, cwd=tmp_path, **variables)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@for_others
def test_what_is_set_for_other_programs_keeps_no_mock_from_serving(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    expect_served(tmp_path, **variables)


CLOSED = ["2>&-", ">&-", "<&- >&- 2>&-"]


def closed(line: list[str], streams: str) -> list[str]:
    """The same command, started without these standard streams."""
    return ["sh", "-c", f'exec "$0" "$@" {streams}', *line]


@pytest.mark.parametrize("streams", CLOSED)
def test_the_suite_judges_without_its_standard_streams(
    mock: str, tmp_path: Path, streams: str
) -> None:
    line = command("conformance", "--target", mock, "--agent", "agent-echo", "--rule", "GET-02")
    done = subprocess.run(closed(line, streams), cwd=tmp_path, env=environment())
    assert done.returncode == 0


@pytest.mark.parametrize("streams", CLOSED)
def test_no_file_takes_the_number_of_a_standard_stream(tmp_path: Path, streams: str) -> None:
    first = (
        "import pathlib, sqlite3, os\n"
        "opened = sqlite3.connect\n"
        "def connect(*a, **k):\n"
        "    made = opened(*a, **k)\n"
        "    own = [n for n in ('1', '2') if 'chats' in os.path.realpath('/proc/self/fd/' + n)]\n"
        "    pathlib.Path('taken').write_text(' '.join(own) or 'none')\n"
        "    raise KeyboardInterrupt\n"
        "sqlite3.connect = connect\n"
    )
    line = command("mock_server", "--port", "0", "--db", "chats.db", first=first)
    subprocess.run(closed(line, streams), cwd=tmp_path, env=environment())
    assert (tmp_path / "taken").read_text() == "none"


@pytest.mark.parametrize("name", ["mock_server", "conformance"])
@pytest.mark.parametrize("words", [["--help"], ["--version"]])
def test_a_reader_that_has_left_changes_no_exit_code(name: str, words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command(name, *words), env=environment(), stdout=writing, stderr=PIPE, text=True
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_verdict_is_kept_when_its_reader_has_left(mock: str, tmp_path: Path) -> None:
    line = command("conformance", "--target", mock, "--agent", "nobody", "--rule", "GET-02")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        line, cwd=tmp_path, env=environment(), stdout=writing, stderr=PIPE, text=True
    )
    os.close(writing)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "words"),
    [("mock_server", ["--help"]), ("conformance", ["--list"]), ("conformance", ["--rule", "X"])],
)
def test_a_dumb_terminal_gets_no_escapes(name: str, words: list[str], tmp_path: Path) -> None:
    here, there = pty.openpty()
    with os.fdopen(here, "rb", buffering=0) as screen:
        process = subprocess.Popen(
            command(name, *words), cwd=tmp_path, env=environment(TERM="dumb"), stdout=there,
            stderr=there, stdin=there,
        )  # fmt: skip
        os.close(there)
        told = b""
        try:
            while part := screen.read(65536):
                told += part
        except OSError:  # the other side is closed
            pass
        process.wait()
    assert len(told) > 50
    assert b"\x1b" not in told


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252", "cp932", "utf-8"])
def test_every_encoding_takes_what_the_mock_prints(encoding: str) -> None:
    words = ["--url", "http://127.0.0.1:9", "seed", "日本…ü.yaml"]
    line = command("mock_server", *words[2:], *words[:2])
    done = subprocess.run(
        line, env=environment(PYTHONIOENCODING=encoding), capture_output=True, text=False
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    (told,) = done.stderr.decode(encoding).splitlines()
    assert ".yaml" in told


def test_a_path_with_a_drive_is_a_file(tmp_path: Path) -> None:
    line = command("mock_server", "--port", "0", "--json", "--db", "C:\\mock.db")
    with subprocess.Popen(line, cwd=tmp_path, env=environment(), stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        assert httpx.get(f"{url}/livez", trust_env=False).status_code == 200
        process.terminate()
    assert any(file.name.endswith("mock.db") for file in tmp_path.iterdir())


MARK = b"\xef\xbb\xbf"


def by_notepad(file: Path, text: str) -> Path:
    """A file as editors on Windows save it: with a mark at its begin, and their line ends."""
    file.write_bytes(MARK + text.replace("\n", "\r\n").encode())
    return file


def test_the_mock_reads_files_as_windows_writes_them(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    contract = by_notepad(tmp_path / "c.yaml", (root / "openapi.yaml").read_text("utf-8"))
    agents = (root / "fixtures" / "agents.yaml").read_text("utf-8")
    settings = f"contract = '{contract}'\nagents = '{by_notepad(tmp_path / 'a.yaml', agents)}'\n"
    config = by_notepad(tmp_path / "mock.toml", settings)
    line = command("mock_server", "--port", "0", "--json", "--config", str(config))
    with subprocess.Popen(line, env=environment(), stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        with Api.at(json.loads(process.stdout.readline())["url"]) as api:
            assert api.open()["agent_id"] == "agent-echo"
        process.terminate()
    assert process.returncode == 0


def test_the_suite_reads_files_as_windows_writes_them(mock: str, tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    contract = by_notepad(tmp_path / "c.yaml", (root / "openapi.yaml").read_text("utf-8"))
    config = by_notepad(tmp_path / "conformance.toml", f"contract = '{contract}'\n")
    baseline = by_notepad(tmp_path / "known.toml", "")
    words = ("--config", str(config), "--baseline", str(baseline))
    done = verify(mock, *words, cwd=tmp_path, HOME=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
