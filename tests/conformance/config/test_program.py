"""The command of a program of ours, where Python was told by code where its modules lie."""

import subprocess
from pathlib import Path

import pytest

from conformance.config.program import run_module


def run(name: str) -> str:
    return subprocess.run(run_module(name), capture_output=True, text=True, check=True).stdout


def test_a_folder_that_was_added_by_code_is_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_by_code.py").write_text("print(__name__)")
    monkeypatch.syspath_prepend(tmp_path)
    assert run("only_by_code") == "__main__\n"


def test_no_file_of_such_a_folder_takes_the_place_of_pythons_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_by_code.py").write_text("import token; print(token.NAME)")
    (tmp_path / "token.py").write_text("raise RuntimeError('of tests')")
    monkeypatch.syspath_prepend(tmp_path)
    assert run("only_by_code") == "1\n"


def test_the_working_directory_is_not_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_here.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(subprocess.CalledProcessError):
        run("only_here")
