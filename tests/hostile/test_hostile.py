"""The suite, as a program, against a few hostile modes; `nox -s hostile` runs all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import reliability
from tests.sampling import every

from .modes import GROUPS, MODES
from .page import write
from .run import Sight, look
from .server import Around
from .surroundings import surroundings

FEW = (
    "closes-at-once",
    "chunks-without-end-at-once",
    "gzip-bomb-at-once",
    "redirects-elsewhere-at-once",
    "key-in-a-problem-at-once",
)


@pytest.fixture(scope="module")
def around() -> Iterator[Around]:
    with surroundings() as found:
        yield found


@pytest.mark.parametrize("name", every(3, FEW))
def test_the_suite_withstands(name: str, around: Around) -> None:
    sight = look(MODES[name], around)
    assert not sight.faults, sight.said


def test_the_page_has_what_was_measured_and_what_went_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "reliability.md"
    page.write_text("# Reliability\n\n<!-- crash: begin -->\nkept\n<!-- crash: end -->\n")
    monkeypatch.setattr(reliability, "PAGE", page)
    one, other = MODES["closes-at-once"], MODES["gzip-bomb-at-once"]
    write(
        [
            Sight(one, "inconclusive", 4.25, 71.0, 12, (), ""),
            Sight(other, "none", 31.0, 400.0, 3, ("took 31 s, more than 30",), ""),
        ]
    )
    told = page.read_text()
    assert "kept" in told
    assert "1 of 2 withstood; the longest run took 31 s, the largest held 400 MB." in told
    assert "| `closes-at-once` | inconclusive | 4.2 | 71 | 12 |  |" in told
    assert "| `gzip-bomb-at-once` | none | 31.0 | 400 | 3 | took 31 s, more than 30 |" in told


def test_every_mode_has_a_name_of_its_own() -> None:
    names = [mode.name for modes in GROUPS.values() for mode in modes]
    assert len(names) == len(set(names)) >= 60
