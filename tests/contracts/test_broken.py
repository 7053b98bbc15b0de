"""What is not executed is refused: by mock, suite and lint alike, with its place and the cause."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from conformance.cli import lint
from conformance.cli.lint import problems
from conformance.contract import document
from conformance.contract.document import Contract
from conformance.contract.references import Document
from conformance.contract.source import ContractError, Source
from mock_server.contract.document import load_contract
from mock_server.contract.source import FixtureError, read_source
from tests import programs
from tests.sampling import every

from .edits import Entry, edited, entries

BROKEN = entries("broken.yaml")
SAID = re.compile(r"(?P<file>.*?)(, line (?P<line>\d+), at (?P<at>\S*))?: ")
PROGRAMS = {
    "mock": (("-m", "mock_server", "--port", "0"), 2),
    "suite": (("-m", "conformance", "--list"), 2),
    "lint": (("-m", "conformance", "lint"), 1),
}


def test_there_are_as_many_as_there_should_be() -> None:
    assert len({entry["name"] for entry in BROKEN}) == len(BROKEN) >= 150


@pytest.mark.parametrize(
    "entry", every(8, BROKEN, slow=2), ids=lambda entry: entry["name"].replace(" ", "-")
)
def test_a_broken_contract_is_refused_by_all_alike(
    entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = edited(entry, tmp_path)
    read = cache(Document)  # suite and lint judge what has been read once
    monkeypatch.setattr(lint, "Document", read)
    monkeypatch.setattr(document, "Document", read)
    with pytest.raises(ContractError) as suite:
        Contract(contract.path)
    told = {"suite": str(suite.value), "lint": problems(contract.path)[0]}
    with pytest.raises(FixtureError) as mock:
        load_contract(contract.path)
    told["mock"] = str(mock.value)
    found = {program: places(words) for program, words in told.items()}
    assert len({*found.values()}) == 1, told
    assert all(entry["says"] in words for words in told.values()), told
    file, line, at = found["suite"]
    assert file == str(tmp_path / entry.get("file", "openapi.yaml"))
    assert at == entry.get("at", at), told
    if "file" not in entry:
        assert line == entry.get("line", contract.line(at) if contract.document else line), told


def places(words: str) -> tuple[str, int, str]:
    """The file, the line and the pointer that are named."""
    found = SAID.match(words)
    assert found, words
    return found["file"], int(found["line"] or 0), found["at"] or ""


HEAVY = {
    "aliases": "a: &a [1, 1]\n" + "".join(f"b{n}: &a [*a, *a, *a, *a]\n" for n in range(12)),
    "merges": "a: &a {x: 1}\n" + "".join(f"b{n}: &a {{<<: [*a, *a, *a]}}\n" for n in range(14)),
    "digits": "a: " + "1" * 4301,
    "digits of base 60": "a: 1" + ":1" * 300_000,
    "directives": "".join(f"%TAG !a{n}! x\n" for n in range(20_000)) + "---\na: 1\n",
    "documents": "---\n" * 2,
}


@pytest.mark.parametrize("text", HEAVY.values(), ids=HEAVY)
@pytest.mark.parametrize("read", [read_source, Source], ids=["mock", "suite"])
def test_what_would_take_long_to_read_is_refused_at_once(
    read: Callable[[Path], object], text: str, tmp_path: Path
) -> None:
    file = tmp_path / "heavy.yaml"
    file.write_text(text)
    begun = time.thread_time()
    with pytest.raises((ContractError, FixtureError), match=re.escape(str(file))):
        read(file)
    assert time.thread_time() - begun < 1  # it was 36 s


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    "entry", [e for e in BROKEN if e["name"] in ("a guard", "much too deep", "cut off", "no file")]
)
def test_a_program_says_it_in_one_line_and_ends_with_its_code(
    program: str, entry: Entry, tmp_path: Path
) -> None:
    command, code = PROGRAMS[program]
    says = entry["says"]
    if entry.get("missing"):  # a wrong option, to whoever it is given
        code, says = 2, "; check "
    path = str(edited(entry, tmp_path).path)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CONFORMANCE_", "ADJOURN_"))}
    done = programs.run([*command, "--contract", path], env=kept)
    assert done.returncode == code
    told = [line for line in (done.stdout + done.stderr).splitlines() if path in line]
    assert len(told) == 1
    assert says in told[0]
    assert "Traceback" not in done.stderr
