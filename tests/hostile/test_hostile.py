"""The suite, as a program, against a few hostile modes; `nox -s hostile` runs all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sampling import every

from .modes import GROUPS, MODES
from .run import look
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


def test_every_mode_has_a_name_of_its_own() -> None:
    names = [mode.name for modes in GROUPS.values() for mode in modes]
    assert len(names) == len(set(names)) >= 60
